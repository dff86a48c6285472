"""What is held is taken in time, or somebody is told."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

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
