import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
import stripe
import urllib3

from tests.payments.sandbox.conftest import Ledger, Pass, Wire, advance, clock_of, connect, entries, stop_clock
from tests.payments.sandbox.receiver import receiving
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold, payment
from tests.payments.sandbox.test_shared_payment_tokens import grant, look
from tests.waiting import HANG_GUARD, wait_until

DAY = 24 * 60 * 60


def kinds(client: stripe.StripeClient) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": 100}).data][::-1]


def test_clock_is_real_until_advanced(sandbox: RunningSandbox, key: str) -> None:
    before = int(time.time())

    shown = clock_of(sandbox.base_url, key)

    assert before <= shown["now"] <= time.time()
    assert (shown["ahead"], shown["is_stopped"], shown["waiting"]) == (0, False, [])


def test_advanced_clock_dates_what_follows(client: stripe.StripeClient, sandbox: RunningSandbox, key: str) -> None:
    begun = int(time.time())

    advance(sandbox.base_url, key, DAY)
    advance(sandbox.base_url, key, DAY)
    after = client.v1.payment_intents.create(payment())

    assert begun <= after.created - 2 * DAY <= time.time()
    assert client.v1.events.list({"limit": 1}).data[0].created == after.created


def test_each_account_has_its_own_clock(sandbox: RunningSandbox, let_pass: Pass) -> None:
    let_pass(30 * DAY)
    before = int(time.time())

    paid = connect(sandbox.base_url, "sk_test_somebodyElse").v1.payment_intents.create(payment())

    assert before <= paid.created <= time.time()


def test_stopped_clock_moves_only_when_advanced(
    client: stripe.StripeClient, sandbox: RunningSandbox, key: str, let_pass: Pass
) -> None:
    stopped = clock_of(sandbox.base_url, key)
    moves_on_its_own = f"sk_test_{key[::-1][:24]}"
    wait_until(lambda: clock_of(sandbox.base_url, moves_on_its_own)["now"] > stopped["now"], "the next second")

    stop_clock(sandbox.base_url, key)
    still = client.v1.payment_intents.create(payment())
    let_pass(DAY)
    later = client.v1.payment_intents.create(payment())

    assert (still.created, later.created) == (stopped["now"], stopped["now"] + DAY)
    assert stopped["is_stopped"] is True


def test_stopped_clock_brings_nothing_about(
    client: stripe.StripeClient, sandbox: RunningSandbox, key: str
) -> None:
    waits, goes_on = client.v1.payment_intents.create(hold()), f"sk_test_{key[::-1][:24]}"
    other = connect(sandbox.base_url, goes_on)
    is_due = other.v1.payment_intents.create(hold())
    stop_clock(sandbox.base_url, key)
    soon = clock_of(sandbox.base_url, key)["now"] + 1
    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD, isolation_level=None)) as store:
        charges = (waits.latest_charge, is_due.latest_charge)
        store.execute("UPDATE timers SET due = ? WHERE object IN (?, ?)", (soon, *charges))

    wait_until(
        lambda: other.v1.payment_intents.retrieve(is_due.id).status == "canceled", "the end of the other hold"
    )

    assert client.v1.payment_intents.retrieve(waits.id).status == "requires_capture"
    assert advance(sandbox.base_url, key, 1) == ["expire_authorization"]


def test_what_is_waited_for_is_shown(
    client: stripe.StripeClient, sandbox: RunningSandbox, key: str, let_pass: Pass
) -> None:
    intent = client.v1.payment_intents.create(hold())
    let_pass(DAY)

    shown = clock_of(sandbox.base_url, key)

    due = intent.created + 7 * DAY
    assert shown["waiting"] == [{"step": "expire_authorization", "object": intent.latest_charge, "due": due}]
    assert due - shown["now"] == 6 * DAY


@pytest.mark.parametrize("seconds", ["", "0", "-60", "soon", "1.5", "9999999999"])
def test_clock_goes_forward_only(sandbox: RunningSandbox, key: str, seconds: str) -> None:
    url = f"{sandbox.base_url}/_sandbox/clock?key={key}"

    assert urllib3.request("POST", f"{url}&advance={seconds}").status == 400
    assert urllib3.request("GET", url).json()["ahead"] == 0


@pytest.mark.parametrize(("method", "query", "status"), [("GET", "", 400), ("DELETE", "?key=sk_test_a", 405)])
def test_clock_says_what_it_needs(sandbox: RunningSandbox, method: str, query: str, status: int) -> None:
    assert urllib3.request(method, f"{sandbox.base_url}/_sandbox/clock{query}").status == status


def test_hold_expires_after_seven_days(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    intent = client.v1.payment_intents.create(hold())

    assert let_pass(7 * DAY - 60) == []
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    assert let_pass(60) == ["expire_authorization"]

    expired = client.v1.payment_intents.retrieve(intent.id)
    assert (expired.status, expired.amount_capturable) == ("canceled", 0)
    assert expired.cancellation_reason == "automatic"
    assert expired.canceled_at == intent.created + 7 * DAY
    assert kinds(client)[-2:] == ["charge.expired", "payment_intent.canceled"]
    assert ledger() == [("authorization", 4900), ("void", 4900)]


def test_expired_hold_is_not_captured(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    intent = client.v1.payment_intents.create(hold())
    let_pass(7 * DAY)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert ledger() == [("authorization", 4900), ("void", 4900)]


def test_expired_charge_is_not_captured(wire: Wire, ledger: Ledger, let_pass: Pass) -> None:
    params = {"amount": 4900, "currency": "usd", "source": "tok_visa", "capture": "false"}
    charge = wire("POST", "/v1/charges", params).json
    let_pass(7 * DAY)

    refused = wire("POST", f"/v1/charges/{charge['id']}/capture")

    assert (refused.status, refused.error["code"]) == (400, "charge_expired_for_capture")
    assert ledger() == [("authorization", 4900), ("void", 4900)]


def test_captured_or_canceled_hold_does_not_expire(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass
) -> None:
    captured = client.v1.payment_intents.create(hold())
    client.v1.payment_intents.capture(captured.id)
    canceled = client.v1.payment_intents.create(hold(amount=100))
    client.v1.payment_intents.cancel(canceled.id)

    assert let_pass(8 * DAY) == []

    assert client.v1.payment_intents.retrieve(captured.id).status == "succeeded"
    assert ledger() == [("authorization", 4900), ("capture", 4900), ("authorization", 100), ("void", 100)]


def test_granted_token_expires_by_the_clock(
    client: stripe.StripeClient, wire: Wire, sandbox: RunningSandbox, key: str, let_pass: Pass
) -> None:
    expires_at = clock_of(sandbox.base_url, key)["now"] + DAY
    token = grant(wire, **{"usage_limits[expires_at]": str(expires_at)}).json["id"]

    assert let_pass(DAY) == ["expire_granted_token"]

    shown = look(wire, token)
    assert (shown["deactivated_reason"], shown["deactivated_at"]) == ("expired", expires_at)
    assert kinds(client) == ["shared_payment.granted_token.deactivated"]


def test_idempotency_key_is_forgotten_after_a_day(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass
) -> None:
    key: stripe.RequestOptions = {"idempotency_key": "k"}
    first = client.v1.payment_intents.create(payment(), key)

    let_pass(DAY - 60)
    assert client.v1.payment_intents.create(payment(), key).id == first.id
    let_pass(60)
    assert client.v1.payment_intents.create(payment(), key).id != first.id
    assert ledger() == [("authorization", 4900), ("capture", 4900)] * 2


def test_killed_process_keeps_the_time(tmp_path: Path, key: str) -> None:
    first = RunningSandbox(tmp_path / "s.sqlite3")
    intent = connect(first.base_url, key).v1.payment_intents.create(hold())
    advance(first.base_url, key, 6 * DAY)
    first.kill()

    second = RunningSandbox(tmp_path / "s.sqlite3", port=first.port)
    client = connect(second.base_url, key)

    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    assert advance(second.base_url, key, DAY) == ["expire_authorization"]
    assert client.v1.payment_intents.retrieve(intent.id).status == "canceled"
    assert entries(second.base_url, key) == [("authorization", 4900), ("void", 4900)]
    assert second.stop() == 0


def test_restarted_process_catches_up(tmp_path: Path, key: str) -> None:
    first = RunningSandbox(tmp_path / "s.sqlite3")
    intent = connect(first.base_url, key).v1.payment_intents.create(hold())
    first.kill()
    with closing(sqlite3.connect(first.data)) as store:
        store.execute("INSERT INTO clocks SELECT id, ? FROM accounts", (7 * DAY,))
        store.commit()

    second = RunningSandbox(tmp_path / "s.sqlite3", port=first.port)

    canceled = connect(second.base_url, key).v1.payment_intents.retrieve(intent.id)
    assert (canceled.status, canceled.canceled_at) == ("canceled", intent.created + 7 * DAY)
    assert second.stop() == 0


def test_what_came_due_is_delivered(client: stripe.StripeClient, let_pass: Pass) -> None:
    with receiving() as receiver:
        endpoint = client.v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["payment_intent.canceled"]}
        )
        intent = client.v1.payment_intents.create(hold())

        let_pass(7 * DAY)

        ((body, signature),) = receiver.wait_for(1)
        event = stripe.Webhook.construct_event(body, signature, str(endpoint.secret)).to_dict()
    assert event["data"]["object"]["id"] == intent.id
    assert event["created"] == intent.created + 7 * DAY


def test_time_passes_without_being_asked(client: stripe.StripeClient, sandbox: RunningSandbox) -> None:
    intent = client.v1.payment_intents.create(hold())
    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD, isolation_level=None)) as store:
        store.execute("UPDATE timers SET due = 0 WHERE object = ?", (intent.latest_charge,))

    wait_until(lambda: client.v1.payment_intents.retrieve(intent.id).status == "canceled", "the end of the hold")
