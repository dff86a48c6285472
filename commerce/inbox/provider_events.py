"""What the payment provider tells: stored once, and taken as a hint to look.

Events come twice, late, shuffled, before the answer they belong to, or never. So each only says which object to
ask the provider about; what is then true is recorded by the same services that record an answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from commerce.checkout.challenges import settle_challenge
from commerce.checkout.complete import resume
from commerce.errors import UnavailableError
from commerce.inbox.models import ProviderEvent
from commerce.outbox.services import record_event
from commerce.payments.disputes import record_dispute
from commerce.payments.gateway import FoundDispute, FoundRefund, ProviderNotice, gateway
from commerce.payments.models import PaymentAttempt
from commerce.payments.refunds import adopt_refund, settle_refund
from commerce.payments.selectors import attempt_of
from commerce.payments.transfers import ProviderUndecidedError, capture

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(hours=2)
# Stripe resends an event by hand for 30 days at most (docs.stripe.com, "Receive Stripe events").
KEEP = timedelta(days=45)


def store_event(notice: ProviderNotice, *, now: datetime) -> bool:
    """Keep an event and have it handled. False where it was kept before: nothing happens then."""
    with transaction.atomic():
        _, is_new = ProviderEvent.objects.get_or_create(
            id=notice.id,
            defaults={
                "kind": notice.kind[:80],
                "subject": notice.subject[:100],
                "payload": dict(notice.payload),
                "received_at": now,
            },
        )
        if is_new:
            record_event("provider.noticed", key=notice.id, now=now)
    return is_new


def fetch_missed(*, now: datetime) -> int:
    """Store what the provider could not tell us in the last hours. Returns how many events are new."""
    return sum(store_event(notice, now=now) for notice in gateway().notices_since(now - LOOK_BACK))


def forget_old(*, now: datetime) -> int:
    """Drop events that were handled longer ago than anybody sends or fetches one. Returns how many."""
    old = ProviderEvent.objects.filter(handled_at__lt=now - KEEP)
    return old.delete()[0]


def handle_event(event_id: str, *, now: datetime) -> None:
    """Look at what an event is about and record what is true now. May run twice.

    Raises ProviderUndecidedError where the provider, or who is at work on the attempt, must be asked again.
    """
    event = ProviderEvent.objects.get(pk=event_id)
    subject: Mapping[str, Any] = event.payload["data"]["object"]
    match subject.get("object"):
        case "payment_intent":
            _look_at_payment(event, subject, now)
        case "refund":
            _look_at_refund(event, now)
        case "dispute":
            _look_at_dispute(event, now)
    ProviderEvent.objects.filter(pk=event_id).update(handled_at=now)


def _look_at_payment(event: ProviderEvent, intent: Mapping[str, Any], now: datetime) -> None:
    told = (intent.get("metadata") or {}).get("payment_attempt", "")
    attempt = attempt_of(provider_reference=event.subject, attempt_id=told)
    if attempt is None:
        logger.warning("an event tells of a payment that is not ours", extra={"event": event.pk})
        return
    if attempt.status == PaymentAttempt.Status.SUBMITTING:
        _resume(attempt.pk, now)
    elif attempt.status == PaymentAttempt.Status.CHALLENGED:
        _settle(attempt.pk, now)
    elif attempt.status == PaymentAttempt.Status.AUTHORIZED and event.kind in _ENDS:
        capture(attempt.pk, now=now)
    elif attempt.status in _LOST and event.kind in _HOLDS:
        record_event("payment.void_due", key=attempt.pk, now=now)


_ENDS = ("payment_intent.succeeded", "payment_intent.canceled")
_HOLDS = ("payment_intent.amount_capturable_updated", "payment_intent.succeeded")
_LOST = (PaymentAttempt.Status.DECLINED, PaymentAttempt.Status.FAILED)


def _resume(attempt_id: str, now: datetime) -> None:
    try:
        outcome = resume(attempt_id, now=now)
    except UnavailableError as problem:
        raise ProviderUndecidedError(problem.message) from problem
    if outcome is None and PaymentAttempt.objects.filter(pk=attempt_id, status="submitting").exists():
        raise ProviderUndecidedError("another process is at work on the attempt")


def _settle(attempt_id: str, now: datetime) -> None:
    try:
        settle_challenge(attempt_id, now=now)
    except UnavailableError as problem:
        raise ProviderUndecidedError(problem.message) from problem


def _look_at_refund(event: ProviderEvent, now: datetime) -> None:
    found = gateway().look_up_refund(event.subject)
    if not isinstance(found, FoundRefund):
        raise ProviderUndecidedError(found.reason)
    attempt = attempt_of(provider_reference=found.payment_reference)
    if attempt is None:
        logger.warning("an event tells of a refund that is not ours", extra={"event": event.pk})
        return
    refund = found.refund
    if found.refund_id and attempt.refunds.filter(pk=found.refund_id).exists():
        settle_refund(
            found.refund_id,
            status=refund.status,
            provider_reference=refund.provider_reference,
            failure_code=refund.failure_code,
            now=now,
        )
        return
    adopt_refund(
        attempt.pk,
        provider_reference=refund.provider_reference,
        amount_minor=refund.amount_minor,
        status=refund.status,
        now=now,
    )


def _look_at_dispute(event: ProviderEvent, now: datetime) -> None:
    found = gateway().look_up_dispute(event.subject)
    if not isinstance(found, FoundDispute):
        raise ProviderUndecidedError(found.reason)
    attempt = attempt_of(provider_reference=found.payment_reference)
    if attempt is None:
        logger.warning("an event tells of a dispute that is not ours", extra={"event": event.pk})
        return
    record_dispute(attempt.pk, found, now=now)
