"""What is held is taken in time, or somebody is told."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from commerce.inventory.models import StockItem
from commerce.outbox.models import OutboxEvent
from commerce.payments.models import PaymentAttempt
from commerce.payments.sweeps import chase_captures
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def age(purchase: Purchase, **passed: float) -> None:
    """Let time pass since the purchase, for the attempt and what it waits for; its event is lost."""
    attempt = purchase.attempt()
    assert attempt.capture_before is not None
    assert attempt.settled_at is not None
    PaymentAttempt.objects.filter(pk=attempt.pk).update(
        capture_before=attempt.capture_before - timedelta(**passed),
        settled_at=attempt.settled_at - timedelta(**passed),
    )
    OutboxEvent.objects.filter(topic="payment.capture_due").delete()


def test_a_forgotten_capture_is_made(bought: Purchase) -> None:
    age(bought, hours=2)

    assert chase_captures(now=timezone.now()) == 1
    bought.settle()

    assert bought.attempt().status == "captured"
    assert chase_captures(now=timezone.now() + timedelta(hours=9)) == 0


def test_a_young_hold_is_left_to_its_event(bought: Purchase) -> None:
    assert chase_captures(now=timezone.now()) == 0


@pytest.mark.parametrize(("days", "alarms"), [(5.0, 0), (6.1, 1)])
def test_an_alarm_a_day_before_a_hold_lapses(
    bought: Purchase, caplog: pytest.LogCaptureFixture, days: float, alarms: int
) -> None:
    age(bought, days=days)

    with caplog.at_level(logging.ERROR, "commerce.payments"):
        chase_captures(now=timezone.now())

    assert caplog.text.count("a hold lapses soon") == alarms


def test_an_order_whose_payment_lapsed_is_not_sent(bought: Purchase) -> None:
    bought.stripe.client().v1.payment_intents.cancel(bought.attempt().provider_reference)
    OutboxEvent.objects.filter(topic="payment.capture_due").delete()

    for _ in range(2):
        bought.hear()

    order = bought.acp.read(bought.session_id).body["order"]
    (canceled,) = order["adjustments"]
    assert (bought.attempt().status, order["status"]) == ("voided", "canceled")
    assert (canceled["type"], canceled["reason"]) == ("cancellation", "payment_lapsed")
    assert StockItem.objects.get(pk=bought.tote.pk).on_hand == 10
    assert bought.log() == ["placed", "canceled"]


def test_a_hold_that_lapsed_by_itself_is_noticed(bought: Purchase) -> None:
    OutboxEvent.objects.filter(topic="payment.capture_due").delete()
    bought.stripe.advance(8 * 24 * 3600)

    bought.hear()

    assert bought.attempt().status == "voided"
    assert bought.acp.read(bought.session_id).body["order"]["status"] == "canceled"
    assert "capture" not in [entry for entry, _ in bought.stripe.ledger()]
