"""What the payment provider tells: stored once, and taken as a hint to look.

Events come twice, late, shuffled, before the answer they belong to, or never. So each only says which object to
ask the provider about; what is then true is recorded by the same services that record an answer.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
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
from commerce.payments.event_kinds import WATCHED
from commerce.payments.gateway import FoundDispute, FoundRefund, ProviderNotice
from commerce.payments.models import PaymentAttempt, ProviderAccount
from commerce.payments.refunds import adopt_refund, settle_refund
from commerce.payments.selectors import attempt_of, statuses_of
from commerce.payments.services import give_back_late
from commerce.payments.transfers import ProviderUndecidedError, capture

logger = logging.getLogger(__name__)

# What has happened may show in the provider's list a while later, and its clock is another one.
OVERLAP = timedelta(hours=2)
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=2)
"""How much is looked through at a time: more where little happened."""

LOOKING_FOR = 120.0
"""For how many seconds one run looks through events; the mark says where the next one goes on."""

PAGE = 100
ON_ITS_WAY = timedelta(minutes=5)
"""What has happened so lately may still be told."""

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
                "payload": _without_secrets(notice.payload),
                "received_at": now,
            },
        )
        if is_new:
            record_event("provider.noticed", key=event_id, now=now)
    return is_new


def _without_secrets(told: Any) -> Any:
    """Leave out what would let somebody pay: a shared payment token, the secret of a payment's own page.

    An event is a hint to look; nothing here needs them, and a row outlives them.
    """
    if isinstance(told, Mapping):
        return {name: LEFT_OUT if name in _SECRET and one else _without_secrets(one) for name, one in told.items()}
    if isinstance(told, list):
        return [_without_secrets(one) for one in told]
    return told


LEFT_OUT = "[left out]"
_SECRET = frozenset({"shared_payment_granted_token", "client_secret"})


def _id_of(notice: ProviderNotice, account_id: str | None) -> str:
    """Return an event's id: the provider's, or of a merchant's own account one that no other account can give."""
    if account_id is None:
        return notice.id
    return f"evt_{hashlib.sha256(f'{account_id}:{notice.id}'.encode()).hexdigest()[:32]}"


def fetch_missed(*, now: datetime, account_id: str | None = None) -> int:
    """Store what an account could not tell us, however long ago we last looked. Returns how many events are new.

    Looks through one short time after another, the oldest first, and keeps how far it came: each run gets further.
    Not inside a transaction. Raises ProviderUnreachableError.
    """
    gateway, looked_until = gateway_at(latest(account_id)), _looked_until(account_id, now)
    deadline, found = time.monotonic() + LOOKING_FOR, 0
    moment, span = looked_until - OVERLAP, SHORTEST
    while moment < now:
        until = moment + span
        seen = 0
        for notices in _pages(gateway.notices_since(moment, until=until if until < now else None)):
            seen += len(notices)
            found += _store_news(notices, account_id=account_id, now=now)
        moment, span = min(until, now), min(2 * span, LONGEST) if seen < PAGE else SHORTEST
        _keep_mark(account_id, moment)
        if moment > looked_until and time.monotonic() > deadline:
            break
    return found


def _pages(notices: Iterator[ProviderNotice]) -> Iterator[list[ProviderNotice]]:
    while page := list(itertools.islice(notices, PAGE)):
        yield page


def _store_news(notices: Sequence[ProviderNotice], *, account_id: str | None, now: datetime) -> int:
    """Store of some events what is not here and may change something. Returns how many that were."""
    events = {_id_of(notice, account_id): notice for notice in notices}
    for known in ProviderEvent.objects.filter(pk__in=events).values_list("pk", flat=True):
        del events[known]
    names = {name for notice in events.values() for name in _names(notice)}
    statuses = statuses_of(names, account_id=account_id)
    news = [notice for notice in events.values() if _is_news(notice, statuses)]
    stored = [notice for notice in news if store_event(notice, now=now, account_id=account_id)]
    if untold := sum(_should_have_been_told(notice, now) for notice in stored):
        logger.warning("%s events of the provider had not arrived", untold, extra={"account": account_id})
    return len(stored)


def _is_news(notice: ProviderNotice, statuses: Mapping[str, str]) -> bool:
    """Say whether an event is worth a row and a task. What says nothing new of a payment is not: each has some."""
    if not notice.kind.startswith("payment_intent."):
        return True
    status = next((statuses[name] for name in _names(notice) if name in statuses), None)
    return status is not None and _may_change(status, notice.kind)


def _names(notice: ProviderNotice) -> tuple[str, str]:
    """Return what an event's payment is called there and here."""
    return notice.subject, _told_attempt(notice.payload["data"]["object"])


def _told_attempt(intent: Mapping[str, Any]) -> str:
    return str((intent.get("metadata") or {}).get("payment_attempt", ""))


def _should_have_been_told(notice: ProviderNotice, now: datetime) -> bool:
    return notice.kind in WATCHED and notice.payload["created"] < (now - ON_ITS_WAY).timestamp()


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
    told = _told_attempt(intent)
    attempt = attempt_of(account_id=event.account_id, provider_reference=event.subject, attempt_id=told)
    if attempt is None:
        logger.warning("an event tells of a payment that is not ours", extra={"event": event.pk})
        return
    if not _may_change(attempt.status, event.kind):
        return
    if attempt.status == PaymentAttempt.Status.SUBMITTING:
        _resume(attempt.pk, now)
    elif attempt.status == PaymentAttempt.Status.CHALLENGED:
        _settle(attempt.pk, now)
    elif attempt.status == PaymentAttempt.Status.AUTHORIZED:
        capture(attempt.pk, now=now)
    else:
        give_back_late(attempt.pk, provider_reference=event.subject, now=now)


def _may_change(status: str, kind: str) -> bool:
    """Say whether what happened to a payment may be news for its attempt."""
    match status:
        case PaymentAttempt.Status.SUBMITTING | PaymentAttempt.Status.CHALLENGED:
            return True
        case PaymentAttempt.Status.AUTHORIZED:
            return kind in _ENDS
        case PaymentAttempt.Status.DECLINED | PaymentAttempt.Status.FAILED:
            return kind in _HOLDS
    return False


_ENDS = ("payment_intent.succeeded", "payment_intent.canceled")
_HOLDS = ("payment_intent.amount_capturable_updated", "payment_intent.succeeded")


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
