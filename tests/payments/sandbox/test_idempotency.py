import sqlite3
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold, payment
from tests.waiting import HANG_GUARD

CREATE = "/v1/payment_intents"
CHARGE = "/v1/charges"
TOKEN = {"amount": 2000, "currency": "usd", "source": "tok_visa"}


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_same_key_answers_with_the_first_payment(wire: Wire, ledger: Ledger) -> None:
    first = wire("POST", CHARGE, TOKEN, keyed("order-17"))
    again = wire("POST", CHARGE, TOKEN, keyed("order-17"))

    assert (again.status, again.raw) == (200, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.headers
    assert first.headers["Idempotency-Key"] == "order-17"
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_decline_is_replayed(wire: Wire, ledger: Ledger) -> None:
    declined = {**TOKEN, "source": "tok_visa_chargeDeclined"}

    first = wire("POST", CHARGE, declined, keyed("k"))
    again = wire("POST", CHARGE, declined, keyed("k"))

    assert (again.status, again.raw) == (402, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(wire("GET", CHARGE).json["data"]) == 1
    assert ledger() == []


def test_refusal_by_state_is_replayed(wire: Wire, client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())
    path = f"{CREATE}/{intent.id}/capture"

    first = wire("POST", path, {"amount_to_capture": 9999}, keyed("k"))
    client.v1.payment_intents.capture(intent.id)
    again = wire("POST", path, {"amount_to_capture": 9999}, keyed("k"))

    assert (again.status, again.raw) == (400, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (CHARGE, {**TOKEN, "amount": 2001}),
        (CHARGE, {**TOKEN, "description": "x"}),
        ("/v1/customers", {"name": "x"}),
    ],
)
def test_other_request_with_the_key_is_refused(
    wire: Wire, ledger: Ledger, path: str, params: dict[str, object]
) -> None:
    wire("POST", CHARGE, TOKEN, keyed("k"))

    answer = wire("POST", path, params, keyed("k"))

    assert (answer.status, answer.error["type"]) == (400, "idempotency_error")
    assert answer.error["message"].startswith("Keys for idempotent requests can only be used")
    assert wire("POST", CHARGE, TOKEN, keyed("k")).status == 200
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_sdk_raises_idempotency_error(client: stripe.StripeClient) -> None:
    client.v1.payment_intents.create(payment(), {"idempotency_key": "k"})

    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create(payment(amount=5000), {"idempotency_key": "k"})


def test_order_of_parameters_does_not_matter(wire: Wire, ledger: Ledger) -> None:
    wire("POST", CHARGE, TOKEN, keyed("k"))

    again = wire("POST", CHARGE, dict(reversed(TOKEN.items())), keyed("k"))

    assert again.headers["Idempotent-Replayed"] == "true"
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


@pytest.mark.parametrize(
    ("params", "status"),
    [({**TOKEN, "wat": "x"}, 400), ({**TOKEN, "amount": 49}, 400), ({**TOKEN, "currency": "xxx"}, 400)],
)
def test_malformed_request_does_not_use_the_key(
    wire: Wire, ledger: Ledger, params: dict[str, object], status: int
) -> None:
    assert wire("POST", CHARGE, params, keyed("k")).status == status

    corrected = wire("POST", CHARGE, TOKEN, keyed("k"))

    assert corrected.status == 200
    assert "Idempotent-Replayed" not in corrected.headers
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_unknown_caller_does_not_use_the_key(wire: Wire, ledger: Ledger) -> None:
    assert wire("POST", CHARGE, TOKEN, {**keyed("k"), "Authorization": "Bearer sk_live_x"}).status == 401

    assert "Idempotent-Replayed" not in wire("POST", CHARGE, TOKEN, keyed("k")).headers
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_key_belongs_to_its_account(wire: Wire, ledger: Ledger) -> None:
    wire("POST", CHARGE, TOKEN, {**keyed("shared"), "Authorization": "Bearer sk_test_neighbour"})

    answer = wire("POST", CHARGE, {**TOKEN, "amount": 3000}, keyed("shared"))

    assert answer.json["amount"] == 3000
    assert ledger() == [("authorization", 3000), ("capture", 3000)]


def test_key_on_a_read_has_no_effect(wire: Wire) -> None:
    wire("GET", CHARGE, None, keyed("k"))

    assert "Idempotent-Replayed" not in wire("GET", CHARGE, None, keyed("k")).headers
    assert wire("POST", CHARGE, TOKEN, keyed("k")).status == 200


def test_long_keys_are_refused(wire: Wire, ledger: Ledger) -> None:
    assert wire("POST", CHARGE, TOKEN, keyed("k" * 256)).status == 400
    assert wire("POST", CHARGE, TOKEN, keyed("k" * 255)).status == 200
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_key_is_forgotten_after_a_day(wire: Wire, sandbox: RunningSandbox, ledger: Ledger) -> None:
    wire("POST", CHARGE, TOKEN, keyed("old-and-young"))
    for age, replayed in ((23 * 3600, "true"), (25 * 3600, None)):
        with sqlite3.connect(sandbox.data, timeout=HANG_GUARD) as store:
            store.execute(
                "UPDATE idempotency_keys SET created = ? WHERE key = 'old-and-young'",
                (int(time.time()) - age,),
            )
        store.close()

        assert wire("POST", CHARGE, TOKEN, keyed("old-and-young")).headers.get("Idempotent-Replayed") == replayed

    assert ledger() == [("authorization", 2000), ("capture", 2000)] * 2


def test_failure_of_the_sandbox_is_replayed(wire: Wire, sandbox: RunningSandbox, ledger: Ledger) -> None:
    odd = {**TOKEN, "amount": 66_601}
    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD, isolation_level=None)) as store:
        store.execute(
            "CREATE TRIGGER break_it BEFORE INSERT ON ledger WHEN NEW.amount = 66601"
            " BEGIN SELECT RAISE(ABORT, 'broken for a test'); END"
        )
        first = wire("POST", CHARGE, odd, keyed("k"))
        store.execute("DROP TRIGGER break_it")

    again = wire("POST", CHARGE, odd, keyed("k"))

    assert (first.status, first.error["type"]) == (500, "api_error")
    assert (again.status, again.raw, again.headers["Idempotent-Replayed"]) == (500, first.raw, "true")
    assert wire("GET", CHARGE).json["data"] == []
    assert wire("POST", CHARGE, odd, keyed("another")).status == 200
    assert ledger() == [("authorization", 66_601), ("capture", 66_601)]


def test_key_in_use_is_refused(wire: Wire, sandbox: RunningSandbox, ledger: Ledger) -> None:
    with (
        ThreadPoolExecutor(2) as threads,
        closing(sqlite3.connect(sandbox.data, isolation_level=None)) as store,
    ):
        store.execute("BEGIN IMMEDIATE")
        calls = [threads.submit(wire, "POST", CHARGE, TOKEN, keyed("k")) for _ in range(2)]
        done, waiting = wait(calls, HANG_GUARD, FIRST_COMPLETED)
        store.execute("ROLLBACK")

        (meanwhile,), (slow,) = [[call.result() for call in some] for some in (done, waiting)]
    assert slow.status == 200
    assert (meanwhile.status, meanwhile.error["type"]) == (409, "idempotency_error")
    assert meanwhile.error["code"] == "idempotency_key_in_use"
    assert wire("POST", CHARGE, TOKEN, keyed("k")).headers["Idempotent-Replayed"] == "true"
    assert ledger() == [("authorization", 2000), ("capture", 2000)]
