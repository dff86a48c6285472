"""Money given back: never more than was taken, and the same on every side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from commerce.aftersales.services import refund_order
from commerce.orders.models import Adjustment
from commerce.payments import transfers
from commerce.payments.gateway import Unknown
from commerce.payments.models import Refund
from commerce.payments.refunds import RefundTooLargeError
from commerce.payments.stripe_gateway import StripeGateway
from tests.purchase import Counter, Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def refund(purchase: Purchase, amount: int, key: str = "") -> Adjustment:
    return refund_order(
        purchase.order.pk,
        amount_minor=amount,
        reason="requested_by_customer",
        note="Too blue",
        request_key=key,
        now=timezone.now(),
    )


def test_a_part_is_given_back(paid: Purchase) -> None:
    refund(paid, 1500)
    before = paid.acp.read(paid.session_id).body["order"]["adjustments"]
    paid.settle()

    (shown,) = paid.acp.read(paid.session_id).body["order"]["adjustments"]
    assert [one["status"] for one in before] == ["pending"]
    assert (shown["type"], shown["status"], shown["amount"], shown["currency"]) == (
        "refund",
        "completed",
        1500,
        "usd",
    )
    assert (shown["reason"], shown["description"]) == ("requested_by_customer", "Too blue")
    assert paid.given_back() == paid.attempt().refunded_minor == 1500
    assert paid.log() == ["placed", "refund_requested", "refund_succeeded"]


def test_all_that_is_left_and_not_a_cent_more(paid: Purchase) -> None:
    total = paid.order.total_minor
    refund(paid, 1500)
    with pytest.raises(RefundTooLargeError):
        refund(paid, total - 1500 + 1)
    refund(paid, total - 1500)
    with pytest.raises(RefundTooLargeError):
        refund(paid, 1)
    paid.settle()

    assert paid.given_back() == paid.attempt().refunded_minor == total
    assert paid.adjustments() == [("refund", "completed", 1500), ("refund", "completed", total - 1500)]


def test_the_same_request_twice_is_one_refund(paid: Purchase) -> None:
    first, second = refund(paid, 700, "form-1"), refund(paid, 700, "form-1")
    paid.settle()

    assert first.pk == second.pk
    assert (paid.given_back(), paid.log().count("refund_requested")) == (700, 1)


def test_many_at_once_never_give_back_more_than_was_taken(paid: Purchase) -> None:
    amount = paid.order.total_minor // 3

    def ask(_: int) -> bool:
        try:
            refund(paid, amount)
        except RefundTooLargeError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        granted = sum(pool.map(ask, range(8)))
    paid.settle()

    assert granted == 3
    assert paid.given_back() == paid.attempt().refunded_minor == 3 * amount


def test_a_refund_before_the_capture_is_left_out_of_it(bought: Purchase) -> None:
    refund(bought, 1500)
    bought.settle()

    total, attempt = bought.order.total_minor, bought.attempt()
    assert (attempt.status, attempt.captured_minor, attempt.refunded_minor) == ("captured", total - 1500, 1500)
    assert (Refund.objects.get().status, Refund.objects.get().provider_reference) == ("succeeded", "")
    assert ("capture", total - 1500) in bought.stripe.ledger()
    assert not [entry for entry, _ in bought.stripe.ledger() if entry == "refund"]


def test_everything_back_before_the_capture_is_a_void(bought: Purchase) -> None:
    refund(bought, bought.order.total_minor)
    bought.settle()

    assert bought.attempt().status == "voided"
    assert [entry for entry, _ in bought.stripe.ledger()] == ["authorization", "void"]
    assert bought.adjustments() == [("refund", "completed", bought.order.total_minor)]


def test_a_pending_refund_succeeds_when_the_provider_says_so(counter: Counter) -> None:
    purchase = counter.buy("pm_card_pendingRefund")
    purchase.settle()
    refund(purchase, 1500)
    purchase.settle()
    assert (Refund.objects.get().status, purchase.adjustments()) == ("pending", [("refund", "pending", 1500)])

    purchase.stripe.advance(3600)
    purchase.hear()

    assert (Refund.objects.get().status, purchase.adjustments()) == ("succeeded", [("refund", "completed", 1500)])


def test_a_refund_that_the_bank_sends_back_is_owed_again(counter: Counter) -> None:
    purchase = counter.buy("pm_card_refundFail")
    purchase.settle()
    refund(purchase, 1500)
    purchase.settle()
    assert purchase.adjustments() == [("refund", "completed", 1500)]

    purchase.stripe.advance(3600)
    purchase.hear()

    assert purchase.adjustments() == [("refund", "failed", 1500)]
    assert purchase.attempt().refunded_minor == 0
    assert purchase.log()[-1] == "refund_failed"
    assert purchase.order.events.get(kind="refund_failed").detail["failure_code"]
    refund(purchase, 1500)
    purchase.settle()
    assert purchase.attempt().refunded_minor == 1500


def test_a_promise_made_while_the_capture_runs_is_a_refund_of_its_own(
    bought: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its time is before that of the promise which the capture leaves out."""
    earlier = timezone.now() - timedelta(seconds=5)
    refund(bought, 1500)
    real = StripeGateway.capture

    def capture(self: StripeGateway, **asked: Any) -> Any:
        refund_order(bought.order.pk, amount_minor=500, now=earlier)
        return real(self, **asked)

    monkeypatch.setattr(StripeGateway, "capture", capture)
    assert transfers.capture(bought.attempt().pk, now=timezone.now())
    monkeypatch.undo()
    bought.settle()

    total = bought.order.total_minor
    assert (bought.attempt().captured_minor, bought.attempt().refunded_minor) == (total - 1500, 2000)
    assert [row for row in bought.stripe.ledger() if row[0] == "refund"] == [("refund", 500)]


def test_a_capture_whose_answer_is_lost_asks_for_the_same_again(
    bought: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = StripeGateway.capture

    def lost(self: StripeGateway, **asked: Any) -> Any:
        real(self, **asked)
        return Unknown("the answer was lost")

    monkeypatch.setattr(StripeGateway, "capture", lost)
    with pytest.raises(transfers.ProviderUndecidedError):
        transfers.capture(bought.attempt().pk, now=timezone.now())
    monkeypatch.undo()
    refund(bought, 700)
    bought.settle()

    assert (bought.attempt().captured_minor, bought.given_back()) == (bought.order.total_minor, 700)
