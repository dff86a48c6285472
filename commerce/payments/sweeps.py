"""What the clock does for payments: takes, and gives back, what should have been long ago, and says so in time."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from commerce.outbox.models import OutboxEvent
from commerce.outbox.services import record_event, replay_dead
from commerce.payments.models import PaymentAttempt, Refund

logger = logging.getLogger(__name__)

TAKEN_WITHIN = timedelta(hours=1)
RETURNED_WITHIN = timedelta(hours=1)
ALARM_BEFORE = timedelta(hours=24)


def chase_captures(*, now: datetime, limit: int = 500) -> int:
    """Ask again for the capture of what has been held for an hour, and raise an alarm a day before a hold lapses.

    Returns how many captures were asked for.
    """
    held = PaymentAttempt.objects.filter(
        status=PaymentAttempt.Status.AUTHORIZED, settled_at__lte=now - TAKEN_WITHIN, order__isnull=False
    )
    overdue = list(held.order_by("capture_before").values_list("pk", "capture_before")[:limit])
    for attempt_id, capture_before in overdue:
        record_event("payment.capture_due", key=attempt_id, now=now)
        if capture_before is not None and capture_before <= now + ALARM_BEFORE:
            logger.error("a hold lapses soon and is not captured", extra={"attempt": attempt_id})
    return len(overdue)


def chase_refunds(*, now: datetime, limit: int = 500) -> int:
    """Ask again for refunds, and for holds to be given back, whose events were given up or lost.

    Events end sooner than their reasons may: Stripe repeats an error for a day, a capture is chased for a week.
    Returns how many were asked for.
    """
    events = OutboxEvent.objects.filter(topic__in=("payment.refund_due", "payment.void_due"))
    dead = events.filter(status=OutboxEvent.Status.DEAD).order_by("pk")[:limit]
    revived = replay_dead(now=now, only=list(dead.values_list("pk", flat=True)))
    promised = Refund.objects.filter(status=Refund.Status.REQUESTED, requested_at__lte=now - RETURNED_WITHIN)
    lost = promised.exclude(pk__in=events.values("key")).order_by("requested_at", "pk")[:limit]
    for refund_id in (refund_ids := list(lost.values_list("pk", flat=True))):
        logger.error("nothing was left to make a refund", extra={"refund": refund_id})
        record_event("payment.refund_due", key=refund_id, now=now)
    return revived + len(refund_ids)
