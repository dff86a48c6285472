"""The life of a payment in a running shop: after each journey four witnesses agree on it to the cent."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import pytest
import stripe
import urllib3
from celery import Celery

from tests.journeys.running import RunningDemo, wait_until
from tests.journeys.shopper import Shopper, total_of
from tests.journeys.staff import Staff
from tests.journeys.witnesses import Money, agreed, ask

pytestmark = pytest.mark.processes

TWO_HOURS = 7200


@pytest.fixture(scope="module")
def staff(demo: RunningDemo) -> Staff:
    return Staff(demo.ready())


@contextmanager
def paused(demo: RunningDemo, name: str) -> Iterator[None]:
    """Stop the processes of a kind for a while, as they are."""
    ids = demo.pids(name)
    for pid in ids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in ids:
            os.kill(pid, signal.SIGCONT)


def captured(shopper: Shopper, session: dict[str, Any]) -> dict[str, Any]:
    """Wait until a session's payment is taken, and return the order."""
    wait_until(lambda: shopper.charged(session)[1] == total_of(session), "it was not captured")
    return dict(session["order"])


def share(order: dict[str, Any], position: int, units: int) -> int:
    """Return what some units of a line cost, with tax."""
    line = order["line_items"][position]
    return total_of(line) * units // int(line["quantity"]["ordered"])


def quantities(order: dict[str, Any], *units: int) -> dict[str, int]:
    return dict(zip((line["id"] for line in order["line_items"]), units, strict=True))


def log(shopper: Shopper, order: dict[str, Any]) -> list[str]:
    rows = ask(shopper, "SELECT kind FROM orders_orderevent WHERE order_id = %s ORDER BY sequence", order["id"])
    return [row[0] for row in rows]


def sums(shopper: Shopper, session: dict[str, Any]) -> tuple[int, int, int]:
    """Return what the provider has captured, released and refunded of a session's payment."""
    ledger = shopper.stripe.ledger()
    (one,) = (ledger[one["id"]] for one in shopper.stripe.payments_of(session["id"]) if one["id"] in ledger)
    return one["captured"], one["voided"], one["refunded"]


def test_another_card_pays_after_a_declined_one(shopper: Shopper) -> None:
    session = shopper.choose(shopper.create())

    declined = shopper.pay(session, "pm_card_visa_chargeDeclinedInsufficientFunds")
    done = shopper.pay(session)

    assert [message.get("code") for message in declined["messages"]] == ["payment_declined", None]
    assert "order" not in declined
    assert len(shopper.stripe.payments_of(session["id"])) == 2
    assert agreed(shopper, done) == Money(total_of(session))
    assert sums(shopper, done) == (total_of(session), 0, 0)


def test_what_is_left_out_of_a_split_shipment_is_never_taken(
    demo: RunningDemo, shopper: Shopper, staff: Staff
) -> None:
    first, second, third = shopper.ready["items"]["in_stock"][:3]
    with paused(demo, "worker"):
        session = shopper.buy(first, first, first, second, third)
        order = session["order"]
        sent = [{"line_id": order["line_items"][0]["id"], "quantity": 2}]
        shopper.ship(order, "shipment.shipped", items=sent)
        assert staff.cancel(order["id"], quantities(order, 1, 1, 0)) == ""
    shopper.adjusted(session, ("cancellation", "completed"), ("refund", "completed"))
    shopper.ship(order, "shipment.shipped", shipment="parcel-2")
    wait_until(lambda: shopper.order(session)["status"] == "shipped", "the rest was not sent")

    left_out = share(order, 0, 1) + share(order, 1, 1)
    assert agreed(shopper, session) == Money(total_of(session), left_out)
    assert sums(shopper, session) == (total_of(session) - left_out, left_out, 0)
    parcels = [one["line_items"] for one in shopper.order(session)["fulfillments"]]
    assert [[part["quantity"] for part in parts] for parts in parcels] == [[2], [1]]


def test_canceled_before_the_capture_is_a_void(demo: RunningDemo, shopper: Shopper, staff: Staff) -> None:
    with paused(demo, "worker"):
        session = shopper.buy()
        assert staff.cancel(session["order"]["id"], quantities(session["order"], 1)) == ""
    shopper.adjusted(session, ("cancellation", "completed"), ("refund", "completed"))

    total = total_of(session)
    assert agreed(shopper, session) == Money(total, total)
    assert sums(shopper, session) == (0, total, 0)
    assert shopper.order(session)["status"] == "canceled"


def test_canceled_after_the_capture_is_a_refund(shopper: Shopper, staff: Staff) -> None:
    session = shopper.buy(*shopper.ready["items"]["in_stock"][:2])
    order = captured(shopper, session)

    assert staff.cancel(order["id"], quantities(order, 1, 1)) == ""
    shopper.adjusted(session, ("cancellation", "completed"), ("refund", "completed"))

    total = total_of(session)
    assert agreed(shopper, session) == Money(total, total)
    assert sums(shopper, session) == (total, 0, total)
    assert shopper.order(session)["status"] == "canceled"
    assert "has been sent or canceled" in staff.cancel(order["id"], quantities(order, 1, 1))


def test_lines_amounts_and_at_last_everything_is_given_back(shopper: Shopper, staff: Staff) -> None:
    first, second = shopper.ready["items"]["in_stock"][:2]
    session = shopper.buy(first, first, first, second)
    order, total = captured(shopper, session), total_of(session)
    unit = share(order, 0, 1)

    assert staff.cancel(order["id"], quantities(order, 1, 0)) == ""
    assert staff.refund(order["id"], 321, note="A scratch") == ""
    shopper.adjusted(session, ("cancellation", "completed"), ("refund", "completed"), ("refund", "completed"))
    assert agreed(shopper, session) == Money(total, unit + 321)
    assert "From 1 to" in staff.refund(order["id"], total - unit - 321 + 1)
    assert staff.refund(order["id"], total - unit - 321) == ""
    shopper.adjusted(session, ("cancellation", "completed"), *[("refund", "completed")] * 3)

    assert agreed(shopper, session) == Money(total, total)
    assert sums(shopper, session) == (total, 0, total)


@pytest.mark.parametrize(("keys", "granted"), [("own", 3), ("shared", 1)])
def test_refunds_at_once_are_never_more_than_was_taken(
    shopper: Shopper, staff: Staff, keys: str, granted: int
) -> None:
    session = shopper.buy()
    order, total = captured(shopper, session), total_of(session)
    opened = [staff.open_refund(order["id"]) for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        used = opened if keys == "own" else opened[:1] * 8
        answers = list(pool.map(lambda key: staff.refund(order["id"], total // 3, key=key), used))
    shopper.adjusted(session, *[("refund", "completed")] * granted)

    refused = [answer for answer in answers if answer]
    assert len(refused) == (5 if keys == "own" else 0)
    assert all("From 1 to" in answer for answer in refused)
    assert agreed(shopper, session) == Money(total, granted * (total // 3))


@pytest.mark.parametrize(
    ("card", "at_first", "at_last", "given_back"),
    [
        ("pm_card_refundFail", "completed", "failed", (500, 0)),
        ("pm_card_pendingRefund", "pending", "completed", (0, 500)),
    ],
)
def test_a_refund_turns_out_otherwise_later(
    shopper: Shopper, staff: Staff, card: str, at_first: str, at_last: str, given_back: tuple[int, int]
) -> None:
    session = shopper.buy(card=card)
    order = captured(shopper, session)
    assert staff.refund(order["id"], 500) == ""
    shopper.adjusted(session, ("refund", at_first))
    first = agreed(shopper, session)

    shopper.account.advance(3600)
    shopper.adjusted(session, ("refund", at_last))

    total = total_of(session)
    assert (first, agreed(shopper, session)) == (Money(total, given_back[0]), Money(total, given_back[1]))


@pytest.mark.parametrize(
    ("evidence", "shown", "is_won"),
    [("winning_evidence", "failed", True), ("losing_evidence", "completed", False)],
)
def test_a_dispute_is_opened_and_decided(
    shopper: Shopper, staff: Staff, evidence: str, shown: str, is_won: bool
) -> None:
    session = shopper.buy(card="pm_card_createDispute")
    order, total = session["order"], total_of(session)
    shopper.adjusted(session, ("dispute", "pending"))
    assert agreed(shopper, session) == Money(total, with_bank=total)
    assert "disputed" in staff.refund(order["id"], 100)

    dispute = ask(shopper, "SELECT provider_reference FROM payments_dispute ORDER BY opened_at DESC")[0][0]
    answer = cast(Any, {"evidence": {"uncategorized_text": evidence}, "submit": True})
    shopper.account.client().v1.disputes.update(dispute, answer)
    shopper.account.advance(120)
    shopper.adjusted(session, ("dispute", shown))

    assert agreed(shopper, session) == Money(total, with_bank=0 if is_won else total)
    assert ("disputed" in staff.refund(order["id"], 100)) != is_won
    assert agreed(shopper, session) == (Money(total, 100) if is_won else Money(total, with_bank=total))


@contextmanager
def unheard(shopper: Shopper) -> Iterator[list[dict[str, Any]]]:
    """Have the provider tell nothing, and yield what it did not tell once the block is left."""
    client, kept = shopper.account.client(), list[dict[str, Any]]()
    (endpoint,) = (one for one in client.v1.webhook_endpoints.list().data if one.status == "enabled")
    newest = client.v1.events.list({"limit": 1}).data[0].id
    client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    try:
        yield kept
        missed = client.v1.events.list({"limit": 100, "ending_before": newest}).data
        kept += [event.to_dict() for event in missed if event.type in endpoint.enabled_events]
    finally:
        client.v1.webhook_endpoints.update(endpoint.id, {"disabled": False})


def refunded_and_disputed(shopper: Shopper) -> tuple[Any, Any]:
    """Have the provider do two things that it does without us."""
    refunded = shopper.buy()
    captured(shopper, refunded)
    shopper.refund(refunded, 500)
    disputed = shopper.buy(card="pm_card_createDispute")
    captured(shopper, disputed)
    return refunded, disputed


def tell(shopper: Shopper, event: dict[str, Any]) -> bool:
    """Send an event as the provider does: signed at the time of this try. Says whether it was a duplicate."""
    body = json.dumps(event)
    secret = shopper.ready["stripe_webhook_secret"]
    signed = stripe.WebhookSignature.generate_signature_header(
        payload=body, secret=secret, timestamp=int(time.time())
    )
    url = f"{shopper.ready['base_url']}/payments/webhooks/stripe"
    answer = urllib3.request("POST", url, body=body, headers={"Stripe-Signature": signed}, retries=False)
    assert answer.status == 200, answer.data
    return bool(answer.json()["duplicate"])


def test_events_two_hours_late_twice_twin_and_shuffled_are_applied_once(shopper: Shopper) -> None:
    with unheard(shopper) as missed:
        refunded, disputed = refunded_and_disputed(shopper)
        assert shopper.order(refunded)["adjustments"] == shopper.order(disputed)["adjustments"] == []
    late = [{**event, "created": event["created"] - TWO_HOURS} for event in missed]
    told = [*late, *late, *({**event, "id": f"{event['id']}_twin"} for event in late)]
    random.Random(20261123).shuffle(told)

    duplicates = sum(tell(shopper, event) for event in told)

    shopper.adjusted(refunded, ("refund", "completed"))
    shopper.adjusted(disputed, ("dispute", "pending"))
    assert duplicates == len(late) > 1
    assert agreed(shopper, refunded) == Money(total_of(refunded), 500)
    assert agreed(shopper, disputed) == Money(total_of(disputed), with_bank=total_of(disputed))
    assert log(shopper, refunded["order"]) == ["placed", "refund_succeeded"]
    assert log(shopper, disputed["order"]) == ["placed", "dispute_needs_response"]


def test_what_was_never_told_is_found_by_the_hourly_look(shopper: Shopper) -> None:
    with unheard(shopper) as missed:
        refunded, disputed = refunded_and_disputed(shopper)

    Celery(broker=shopper.ready["redis_url"]).send_task("commerce.inbox.tasks.fetch_missed_provider_events")

    shopper.adjusted(refunded, ("refund", "completed"))
    shopper.adjusted(disputed, ("dispute", "pending"))
    assert agreed(shopper, refunded) == Money(total_of(refunded), 500)
    assert agreed(shopper, disputed) == Money(total_of(disputed), with_bank=total_of(disputed))
    assert [tell(shopper, event) for event in missed] == [True] * len(missed)
    assert log(shopper, refunded["order"]) == ["placed", "refund_succeeded"]
    assert log(shopper, disputed["order"]) == ["placed", "dispute_needs_response"]
