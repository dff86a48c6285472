"""What the clock does for payments: takes what should have been taken long ago, and says so in time."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from commerce.outbox.services import record_event
from commerce.payments.models import PaymentAttempt

logger = logging.getLogger(__name__)

TAKEN_WITHIN = timedelta(hours=1)
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
