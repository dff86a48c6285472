"""What the payment provider tells: stored once, and taken as a hint to look.

Events come twice, late, shuffled, before the answer they belong to, or never. So each only says which object to
ask the provider about; what is then true is recorded by the same services that record an answer.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q

from commerce.checkout.challenges import settle_challenge
from commerce.checkout.complete import resume
from commerce.errors import UnavailableError
from commerce.inbox.models import EventMark, ProviderEvent
from commerce.outbox.services import record_event
from commerce.payments.connections import gateway_at, latest
from commerce.payments.disputes import record_dispute
from commerce.payments.gateway import FoundDispute, FoundRefund, ProviderNotice
from commerce.payments.models import PaymentAttempt, ProviderAccount
from commerce.payments.refunds import adopt_refund, settle_refund
from commerce.payments.selectors import attempt_of
from commerce.payments.transfers import ProviderUndecidedError, capture

logger = logging.getLogger(__name__)

# What has happened may show in the provider's list a while later, and its clock is another one.
OVERLAP = timedelta(hours=2)
AT_A_TIME = timedelta(hours=6)
LOOKING_FOR = 25.0
"""For how many seconds one run looks through events; the mark says where the next one goes on."""

# Stripe lists events of the last 30 days, and resends one by hand for as long ("Receive Stripe events").
LISTED = timedelta(days=30)
KEEP = timedelta(days=45)
# A bank may dispute a payment for months (docs.stripe.com, "How disputes work"): 120 days with most networks.
ASKED_ABOUT = timedelta(days=180)


def store_event(notice: ProviderNotice, *, now: datetime, account_id: str | None = None) -> bool:
    """Keep an event and have it handled. False where it was kept before: nothing happens then.

    `account_id` names the merchant's own account that tells of it; None is the installation's.
    """
    event_id = _id_of(notice, account_id)
    with transaction.atomic():
        _, is_new = ProviderEvent.objects.get_or_create(
            id=event_id,
            defaults={
                "account_id": account_id,
                "kind": notice.kind[:80],
                "subject": notice.subject[:100],
                "payload": dict(notice.payload),
                "received_at": now,
            },
        )
        if is_new:
            record_event("provider.noticed", key=event_id, now=now)
    return is_new


def _id_of(notice: ProviderNotice, account_id: str | None) -> str:
    """Return an event's id: the provider's, or of a merchant's own account one that no other account can give."""
    if account_id is None:
        return notice.id
    return f"evt_{hashlib.sha256(f'{account_id}:{notice.id}'.encode()).hexdigest()[:32]}"


def fetch_missed(*, now: datetime, account_id: str | None = None) -> int:
    """Store what an account could not tell us, however long ago we last looked. Returns how many events are new.

    Looks through a few hours at a time, the oldest first, and keeps how far it came. Not inside a transaction.
    Raises ProviderUnreachableError.
    """
    gateway, moment = gateway_at(latest(account_id)), _looked_until(account_id, now)
    deadline, found = time.monotonic() + LOOKING_FOR, 0
    while moment < now:
        until = moment + AT_A_TIME
        notices = gateway.notices_since(moment - OVERLAP, until=until if until < now else None)
        found += sum(store_event(notice, now=now, account_id=account_id) for notice in notices)
        moment = min(until, now)
        _keep_mark(account_id, moment)
        if time.monotonic() > deadline:
            break
    return found


def _looked_until(account_id: str | None, now: datetime) -> datetime:
    """Return from when on an account's events may be unknown: not before its first payment, nor the list."""
    earliest = now - LISTED + OVERLAP
    mark = EventMark.objects.filter(account_id=account_id).first()
    if mark is not None:
        return max(mark.looked_until, earliest)
    attempts = PaymentAttempt.objects.filter(account_id=account_id, submitted_at__gte=earliest)
    first = attempts.aggregate(first=Min("submitted_at"))["first"]
    return min(first or now, now - OVERLAP)


def _keep_mark(account_id: str | None, moment: datetime) -> None:
    """Move an account's mark on; never back, should two look through it at once."""
    mark, is_new = EventMark.objects.get_or_create(account_id=account_id, defaults={"looked_until": moment})
    if not is_new:
        EventMark.objects.filter(pk=mark.pk, looked_until__lt=moment).update(looked_until=moment)


def accounts_to_look_through(*, now: datetime) -> list[str]:
    """Return the merchants' own accounts where something may have happened: in use, or lately paid at."""
    lately = Q(attempts__submitted_at__gt=now - ASKED_ABOUT)
    return list(
        ProviderAccount.objects.filter(Q(is_current=True) | lately).distinct().values_list("pk", flat=True)
    )


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
    attempt = attempt_of(account_id=event.account_id, provider_reference=event.subject, attempt_id=told)
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
    found = gateway_at(latest(event.account_id)).look_up_refund(event.subject)
    if not isinstance(found, FoundRefund):
        raise ProviderUndecidedError(found.reason)
    attempt = attempt_of(account_id=event.account_id, provider_reference=found.payment_reference)
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
    found = gateway_at(latest(event.account_id)).look_up_dispute(event.subject)
    if not isinstance(found, FoundDispute):
        raise ProviderUndecidedError(found.reason)
    attempt = attempt_of(account_id=event.account_id, provider_reference=found.payment_reference)
    if attempt is None:
        logger.warning("an event tells of a dispute that is not ours", extra={"event": event.pk})
        return
    record_dispute(attempt.pk, found, now=now)
