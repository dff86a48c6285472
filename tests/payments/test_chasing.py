"""What was promised back is given back once, however late, also where its event was given up or lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from commerce.aftersales.services import refund_order
from commerce.outbox.models import OutboxEvent
from commerce.outbox.services import record_event
from commerce.payments.models import PaymentAttempt, Refund
from commerce.payments.sweeps import chase_refunds
from tests.payments.test_stored_errors import misbehave
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)

SOON = timedelta(minutes=61)


def refund(purchase: Purchase, amount: int) -> None:
    refund_order(purchase.order.pk, amount_minor=amount, now=timezone.now())


def entries(purchase: Purchase) -> list[str]:
    return [entry for entry, _ in purchase.stripe.ledger()]


def test_a_refund_behind_an_error_told_for_a_day_is_made(paid: Purchase) -> None:
    misbehave(paid, "POST /v1/refunds", "error_before_kept")
    refund(paid, 1500)
    paid.settle()
    assert entries(paid) == ["authorization", "capture"]
    OutboxEvent.objects.update(status=OutboxEvent.Status.DEAD)
    paid.stripe.advance(25 * 3600)

    assert chase_refunds(now=timezone.now() + SOON) == 1
    paid.settle()

    assert paid.stripe.ledger()[2:] == [("refund", 1500)]
    assert Refund.objects.get().status == Refund.Status.SUCCEEDED
    assert chase_refunds(now=timezone.now() + SOON) == 0


def test_a_refund_whose_event_is_lost_is_made_an_hour_later(paid: Purchase) -> None:
    refund(paid, 1500)
    OutboxEvent.objects.all().delete()

    assert chase_refunds(now=timezone.now()) == 0
    assert [chase_refunds(now=timezone.now() + SOON) for _ in range(2)] == [1, 0]
    paid.settle()

    assert paid.stripe.ledger()[2:] == [("refund", 1500)]


def test_a_refund_that_waited_for_the_capture_too_long_is_left_out_of_it(bought: Purchase) -> None:
    refund(bought, 1500)
    OutboxEvent.objects.filter(topic="payment.refund_due").update(status=OutboxEvent.Status.DEAD)

    assert chase_refunds(now=timezone.now() + SOON) == 1
    bought.settle()

    total = bought.order.total_minor
    assert bought.stripe.ledger() == [("authorization", total), ("capture", total - 1500), ("void", 1500)]
    assert Refund.objects.get().status == Refund.Status.SUCCEEDED


def test_a_hold_without_an_order_that_was_given_up_is_given_back(bought: Purchase) -> None:
    OutboxEvent.objects.all().delete()
    record_event("payment.void_due", key=bought.attempt().pk, now=timezone.now())
    OutboxEvent.objects.update(status=OutboxEvent.Status.DEAD)

    assert chase_refunds(now=timezone.now()) == 1
    bought.settle()

    assert entries(bought) == ["authorization", "void"]
    assert bought.attempt().status == PaymentAttempt.Status.VOIDED
