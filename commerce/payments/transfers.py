"""What is asked of the provider once an order stands: take what is held, give it back, refund what was taken.

Each may be called twice and at once, and runs no provider call inside a transaction.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from commerce.failpoints import failpoint
from commerce.outbox.services import record_event
from commerce.payments.connections import gateway_of
from commerce.payments.gateway import (
    AlreadyCaptured,
    Captured,
    Gone,
    Refunded,
    Refused,
    Unknown,
    Voided,
)
from commerce.payments.models import ATTEMPT_TRANSITIONS, PaymentAttempt, Refund
from commerce.payments.refunds import WITHOUT_ORDER, decide_capture, release_refunds, return_taken, settle_refund
from commerce.postgres.failures import give_back_connection

logger = logging.getLogger(__name__)


class ProviderUndecidedError(RuntimeError):
    """The provider has not said what happened; to be asked again."""


def capture(attempt_id: str, *, now: datetime) -> bool:
    """Take what an attempt holds, less what was promised back meanwhile.

    True where it is taken now, or was already; False where nothing is left to take. Raises ProviderUndecidedError
    where it must be asked again.
    """
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    if attempt.status == PaymentAttempt.Status.CAPTURED:
        return True
    if attempt.status != PaymentAttempt.Status.AUTHORIZED:
        return False
    amount_minor = decide_capture(attempt_id)
    if amount_minor == 0:
        return False
    failpoint("capture.before_ask")
    gateway = gateway_of(attempt)
    give_back_connection()
    result = gateway.capture(
        attempt_id=attempt.id, provider_reference=attempt.provider_reference, amount_minor=amount_minor
    )
    failpoint("capture.after_ask")
    match result:
        case Captured(amount_minor=captured):
            with transaction.atomic():
                is_first = _move(attempt, PaymentAttempt.Status.CAPTURED, now=now, captured_minor=captured)
                if is_first and captured == amount_minor:  # else somebody else captured, and left nothing out
                    release_refunds(attempt.id, now=now)
            failpoint("capture.after_write")
            return True
        case Gone():
            with transaction.atomic():
                if _move(attempt, PaymentAttempt.Status.VOIDED, now=now):
                    logger.error("a hold was gone before its capture", extra={"attempt": attempt.id})
                    record_event("payment.lapsed", key=attempt.id, now=now)
            return False
        case Refused(code=code):
            raise ProviderUndecidedError(f"capture refused: {code}")
        case Unknown(reason=reason):
            raise ProviderUndecidedError(reason)


def void(attempt_id: str, *, now: datetime) -> None:
    """Give back what an attempt holds. Does nothing where nothing is held.

    What was taken already without an order to show for it is refunded. Raises ProviderUndecidedError where it
    must be asked again, or where the order's payment was taken first.
    """
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    if not attempt.provider_reference or attempt.status == PaymentAttempt.Status.VOIDED:
        return
    failpoint("void.before_ask")
    gateway = gateway_of(attempt)
    give_back_connection()
    result = gateway.void(attempt_id=attempt.id, provider_reference=attempt.provider_reference)
    failpoint("void.after_ask")
    match result:
        case Voided():
            if attempt.status == PaymentAttempt.Status.AUTHORIZED:
                _move(attempt, PaymentAttempt.Status.VOIDED, now=now)
        case AlreadyCaptured(amount_minor=taken):
            logger.warning("a hold was taken before it could be given back", extra={"attempt": attempt.id})
            if attempt.status not in WITHOUT_ORDER:
                raise ProviderUndecidedError("already captured")
            return_taken(attempt.id, amount_minor=taken, now=now)
        case Refused(code=code):
            raise ProviderUndecidedError(f"void refused: {code}")
        case Unknown(reason=reason):
            raise ProviderUndecidedError(reason)


def send_refund(refund_id: str, *, now: datetime) -> None:
    """Have a promised refund done: by leaving it out, by giving the hold back, or by the provider.

    Raises ProviderUndecidedError where it must be asked again.
    """
    refund = Refund.objects.select_related("attempt").get(pk=refund_id)
    attempt = refund.attempt
    if refund.status != Refund.Status.REQUESTED:
        return
    if attempt.status == PaymentAttempt.Status.AUTHORIZED:
        if attempt.refunded_minor < attempt.amount_minor:
            raise ProviderUndecidedError("the rest is captured first")
        void(attempt.pk, now=now)
        attempt.refresh_from_db()
    if attempt.status == PaymentAttempt.Status.VOIDED:
        settle_refund(refund_id, status=Refund.Status.SUCCEEDED, now=now)
        return
    failpoint("refund.before_ask")
    gateway = gateway_of(attempt)
    give_back_connection()
    result = gateway.refund(
        refund_id=refund_id,
        provider_reference=attempt.provider_reference,
        amount_minor=refund.amount_minor,
        reason=refund.reason,
    )
    failpoint("refund.after_ask")
    match result:
        case Refunded(provider_reference=reference, status=status, failure_code=code):
            settle_refund(refund_id, status=status, provider_reference=reference, failure_code=code, now=now)
            failpoint("refund.after_write")
        case Refused(code=code):
            logger.error("a refund was refused", extra={"refund": refund_id, "code": code})
            settle_refund(refund_id, status=Refund.Status.FAILED, failure_code=code, now=now)
        case Unknown(reason=reason):
            raise ProviderUndecidedError(reason)


def _move(attempt: PaymentAttempt, status: str, *, now: datetime, captured_minor: int = 0) -> bool:
    """Change the status of an attempt once, whoever comes first. Says whether it was this call."""
    ATTEMPT_TRANSITIONS.check(attempt.status, status)
    moved = PaymentAttempt.objects.filter(pk=attempt.pk, status=attempt.status).update(
        status=status, captured_minor=captured_minor, settled_at=now
    )
    return moved == 1
