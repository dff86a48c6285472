"""Disputes as rows: what the provider last said of each. Whoever asks about one asks the provider anew."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from commerce.ids import new_id
from commerce.outbox.services import record_event
from commerce.payments.gateway import FoundDispute
from commerce.payments.models import DISPUTE_TRANSITIONS, Dispute, PaymentAttempt

logger = logging.getLogger(__name__)


@transaction.atomic
def record_dispute(attempt_id: str, found: FoundDispute, *, now: datetime) -> None:
    """Record how a dispute stands. May run twice; what is told late does not reopen what is over."""
    PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    if found.status not in Dispute.Status.values:
        logger.warning("a dispute has a status that is not known: %s", found.status)
        return
    dispute, is_new = Dispute.objects.get_or_create(
        provider_reference=found.provider_reference,
        defaults={
            "id": new_id("dsp"),
            "attempt_id": attempt_id,
            "amount_minor": found.amount_minor,
            "reason": found.reason[:60],
            "status": found.status,
            "respond_by": found.respond_by,
            "opened_at": found.opened_at,
            "updated_at": now,
        },
    )
    if not is_new:
        if dispute.status == found.status or not DISPUTE_TRANSITIONS.allows(dispute.status, found.status):
            return
        Dispute.objects.filter(pk=dispute.pk).update(
            status=found.status, respond_by=found.respond_by, updated_at=now
        )
    record_event("payment.dispute_changed", key=dispute.pk, now=now)
