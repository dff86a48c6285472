"""A bank takes the money back: told to the agent, refunds frozen, and in the end as the provider decides."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.utils import timezone

from commerce.aftersales.services import cancel_order, refund_order
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.payments.disputes import record_dispute
from commerce.payments.gateway import FoundDispute, gateway
from commerce.payments.models import Dispute
from commerce.payments.refunds import RefundFrozenError
from tests.purchase import Counter, Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def disputed(counter: Counter, card: str = "pm_card_createDispute") -> Purchase:
    purchase = counter.buy(card)
    purchase.settle()
    purchase.hear()
    return purchase


def answer(purchase: Purchase, text: str) -> None:
    params = cast(Any, {"evidence": {"uncategorized_text": text}, "submit": True})
    purchase.stripe.client().v1.disputes.update(Dispute.objects.get().provider_reference, params)
    purchase.hear()
    purchase.stripe.advance(120)
    purchase.hear()


def shown(purchase: Purchase) -> tuple[str, str, str]:
    (one,) = purchase.acp.read(purchase.session_id).body["order"]["adjustments"]
    return one["type"], one["status"], one["description"]


def test_a_chargeback_freezes_refunds_and_names_its_deadline(counter: Counter) -> None:
    purchase = disputed(counter)

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.reason, dispute.amount_minor) == (
        "needs_response",
        "fraudulent",
        purchase.order.total_minor,
    )
    assert dispute.respond_by is not None
    assert dispute.respond_by > timezone.now()
    assert shown(purchase) == ("dispute", "pending", "The payment is disputed")
    with pytest.raises(RefundFrozenError):
        refund_order(purchase.order.pk, amount_minor=100, now=timezone.now())
    assert purchase.attempt().refunded_minor == 0


def test_a_disputed_order_is_canceled_and_not_given_back_twice(counter: Counter) -> None:
    purchase = disputed(counter)

    cancel_order(purchase.order.pk, now=timezone.now())
    purchase.settle()

    order = purchase.acp.read(purchase.session_id).body["order"]
    assert order["status"] == "canceled"
    assert {one["type"] for one in order["adjustments"]} == {"cancellation", "dispute"}
    assert purchase.given_back() == 0


def test_winning_evidence_brings_the_money_back(counter: Counter) -> None:
    purchase = disputed(counter)

    answer(purchase, "winning_evidence")

    total = purchase.order.total_minor
    assert shown(purchase) == ("dispute", "failed", "The dispute was decided for the shop")
    assert purchase.stripe.ledger()[-2:] == [("dispute", total), ("dispute_reversal", total)]
    refund_order(purchase.order.pk, amount_minor=100, now=timezone.now())
    purchase.settle()
    assert purchase.given_back() == 100


def test_losing_evidence_leaves_the_money_with_the_bank(counter: Counter) -> None:
    purchase = disputed(counter)

    answer(purchase, "losing_evidence")

    assert shown(purchase) == ("dispute", "completed", "The dispute was decided for the cardholder")
    assert [kind for kind in purchase.log() if kind.startswith("dispute")] == [
        "dispute_needs_response",
        "dispute_under_review",
        "dispute_lost",
    ]
    with pytest.raises(RefundFrozenError):
        refund_order(purchase.order.pk, amount_minor=100, now=timezone.now())


def test_an_inquiry_takes_no_money_and_freezes_nothing(counter: Counter) -> None:
    purchase = disputed(counter, "pm_card_createDisputeInquiry")

    assert shown(purchase) == ("dispute", "pending", "The bank asks about the payment")
    refund_order(purchase.order.pk, amount_minor=100, now=timezone.now())
    purchase.settle()
    assert purchase.given_back() == 100


def test_what_is_told_late_reopens_nothing(counter: Counter) -> None:
    purchase = disputed(counter)
    early = gateway().look_up_dispute(Dispute.objects.get().provider_reference)
    assert isinstance(early, FoundDispute)
    answer(purchase, "losing_evidence")

    record_dispute(purchase.attempt().pk, early, now=timezone.now())
    purchase.settle()

    assert Dispute.objects.get().status == "lost"
    assert purchase.log()[-1] == "dispute_lost"


def test_a_dispute_of_what_was_taken_without_an_order_is_said(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    purchase = counter.buy("pm_card_createDispute")
    purchase.settle()
    Order.objects.filter(pk=purchase.order.pk).update(payment=None)

    purchase.hear()

    assert caplog.text.count("a dispute without an order: needs_response") == 1
    assert Dispute.objects.get().status == "needs_response"
    assert OutboxEvent.objects.count() == 0
