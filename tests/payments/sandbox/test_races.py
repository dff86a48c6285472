import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import PREVIEW, Answer, Ledger, Wire
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold, payment
from tests.waiting import HANG_GUARD

CREATE = "/v1/payment_intents"


def at_once(count: int, act: Callable[[int], Answer]) -> list[Answer]:
    """Start everything at the same moment, and return the answers."""
    barrier = threading.Barrier(count, timeout=HANG_GUARD)

    def wait_and_act(number: int) -> Answer:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(wait_and_act, range(count)))


def test_one_key_makes_one_payment(wire: Wire, ledger: Ledger) -> None:
    params = {"amount": 100, "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa",
              "allowed_payment_method_types[]": "card"}  # fmt: skip

    answers = at_once(20, lambda _n: wire("POST", CREATE, params, {"Idempotency-Key": "k"}))

    paid = [answer for answer in answers if answer.status == 200]
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.json["id"] for answer in paid}) == 1
    assert len([answer for answer in paid if "Idempotent-Replayed" not in answer.headers]) == 1
    assert len(wire("GET", CREATE).json["data"]) == 1
    assert ledger() == [("authorization", 100), ("capture", 100)]


def test_overlapping_requests_with_one_key_are_refused(
    wire: Wire, sandbox: RunningSandbox, ledger: Ledger
) -> None:
    token = {"amount": 100, "currency": "usd", "source": "tok_visa"}
    with (
        ThreadPoolExecutor(20) as threads,
        closing(sqlite3.connect(sandbox.data, isolation_level=None)) as store,
    ):
        store.execute("BEGIN IMMEDIATE")
        calls = [threads.submit(wire, "POST", "/v1/charges", token, {"Idempotency-Key": "k"}) for _ in range(20)]
        answered = as_completed(calls, HANG_GUARD)
        refused = [next(answered).result() for _ in range(19)]
        store.execute("ROLLBACK")
        (paid,) = [call.result() for call in answered]

    assert (paid.status, {answer.status for answer in refused}) == (200, {409})
    assert ledger() == [("authorization", 100), ("capture", 100)]


def test_one_token_pays_once(wire: Wire, ledger: Ledger) -> None:
    preview = {"Stripe-Version": PREVIEW}
    grant = {
        "payment_method": "pm_card_visa",
        "usage_limits[currency]": "usd",
        "usage_limits[max_amount]": "5000",
    }
    token = wire("POST", "/v1/test_helpers/shared_payment/granted_tokens", grant, preview).json["id"]
    params = {"amount": 100, "currency": "usd", "confirm": "true", "allowed_payment_method_types[]": "card",
              "payment_method_data[shared_payment_granted_token]": token}  # fmt: skip

    answers = at_once(20, lambda n: wire("POST", CREATE, params, {**preview, "Idempotency-Key": f"k{n}"}))

    assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
    assert len({answer.error["message"] for answer in answers if answer.status == 400}) == 1
    assert ledger() == [("authorization", 100), ("capture", 100)]


@pytest.mark.parametrize("count", [2, 10])
def test_refunds_never_exceed_the_capture(
    wire: Wire, client: stripe.StripeClient, ledger: Ledger, count: int
) -> None:
    intent = client.v1.payment_intents.create(payment(amount=1000))

    answers = at_once(count, lambda _n: wire("POST", "/v1/refunds", {"payment_intent": intent.id, "amount": 600}))

    assert Counter(answer.status for answer in answers) == {200: 1, 400: count - 1}
    assert ledger() == [("authorization", 1000), ("capture", 1000), ("refund", 600)]


def test_hold_is_captured_or_canceled_once(wire: Wire, client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())
    acts = ("capture", "cancel")

    answers = at_once(10, lambda n: wire("POST", f"{CREATE}/{intent.id}/{acts[n % 2]}"))

    assert Counter(answer.status for answer in answers) == {200: 1, 400: 9}
    final = client.v1.payment_intents.retrieve(intent.id).status
    assert ledger() == [("authorization", 4900), ("capture" if final == "succeeded" else "void", 4900)]


def test_intent_is_paid_once(wire: Wire, client: stripe.StripeClient, ledger: Ledger) -> None:
    params: Any = {"amount": 100, "currency": "usd", "allowed_payment_method_types": ["card"]}
    intent = client.v1.payment_intents.create(params)

    answers = at_once(
        10, lambda _n: wire("POST", f"{CREATE}/{intent.id}/confirm", {"payment_method": "pm_card_visa"})
    )

    assert Counter(answer.status for answer in answers) == {200: 1, 400: 9}
    assert ledger() == [("authorization", 100), ("capture", 100)]
