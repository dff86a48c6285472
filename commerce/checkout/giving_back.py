"""What a payment holds goes back: limits, discount uses and stock, in the order of locks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from commerce.accounts.models import Merchant
from commerce.accounts.services import unspend
from commerce.checkout.document import Session
from commerce.checkout.sql import SESSION, lock_any_session
from commerce.checkout.states import Status
from commerce.discounts.services import release_uses
from commerce.inventory.services import release
from commerce.outbox.services import announce, event_write
from commerce.payments.models import PaymentAttempt
from commerce.payments.services import settle_write
from commerce.statements import LostUpdateError, Write


@contextmanager
def holding(session: Session) -> Iterator[None]:
    """Open a transaction that holds a session as it was read: first of all, as the order of locks wants it."""
    with transaction.atomic():
        found = lock_any_session(session.id)
        if found is None or found.version != session.version:
            raise LostUpdateError(SESSION)
        yield


def give_back(session: Session, *, amount_minor: int, submitted_at: datetime) -> None:
    """Give back what was reserved for a session's attempt to pay. Needs a transaction that holds the session."""
    time_zone = Merchant.objects.values_list("time_zone", flat=True).get(pk=session.merchant_id)
    day = submitted_at.astimezone(ZoneInfo(time_zone)).date()
    unspend(session.agent_key_id, amount_minor, day=day)
    release_uses(session.attempt_id)
    release(session.attempt_id)


@contextmanager
def ending_challenge(
    session: Session, *, code: str, now: datetime, status: str = "failed"
) -> Iterator[tuple[Write, ...]]:
    """Give back what a payment holds that waits for the buyer, in one transaction with what the caller writes.

    Yields the writes that end the attempt, for the caller to send behind the session's; none where the session
    waits for nobody. The payment is voided afterwards, whatever the buyer does meanwhile.
    """
    if session.status is not Status.CHALLENGED:
        yield ()
        return
    with holding(session):
        attempt = PaymentAttempt.objects.get(pk=session.attempt_id)
        give_back(session, amount_minor=attempt.amount_minor, submitted_at=attempt.submitted_at)
        yield (
            settle_write(
                attempt.pk,
                before=PaymentAttempt.Status.CHALLENGED,
                status=status,
                provider_reference=attempt.provider_reference,
                decline_code=code,
                now=now,
            ),
            event_write("payment.void_due", key=attempt.pk, now=now),
        )
        announce()
