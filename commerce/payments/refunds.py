"""Refunds as rows: promised under the attempt's row, settled by what the provider says, undone where it fails.

While an amount is only held, what is promised is left out of the capture, or the hold is given back whole.
`transfers.py` asks the provider.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F

from commerce.errors import CommerceError
from commerce.ids import new_id
from commerce.outbox.services import record_event
from commerce.payments.models import FREEZING, REFUND_TRANSITIONS, PaymentAttempt, Refund

logger = logging.getLogger(__name__)


class RefundTooLargeError(CommerceError):
    """More was to be given back than is left of what was paid."""

    code = "refund_too_large"


class RefundFrozenError(CommerceError):
    """The payment is disputed; giving it back as well would give it back twice."""

    code = "refund_frozen"


def request_refund(
    attempt_id: str, *, amount_minor: int, now: datetime, reason: str = "", request_key: str = ""
) -> Refund:
    """Promise to give back a part of an attempt, or all of it. Needs an open transaction.

    The same `request_key` gets the refund that it got before. Raises RefundTooLargeError, RefundFrozenError.
    """
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    if request_key and (known := attempt.refunds.filter(request_key=request_key).first()):
        return known
    if attempt.disputes.filter(status__in=FREEZING).exists():
        raise RefundFrozenError("The payment is disputed: the bank has the money, and decides.")
    left = attempt.amount_minor - attempt.refunded_minor if attempt.status in PAID else 0
    if not 0 < amount_minor <= left:
        raise RefundTooLargeError(f"From 1 to {left} can be given back.", target=("amount_minor",))
    PaymentAttempt.objects.filter(pk=attempt_id).update(refunded_minor=F("refunded_minor") + amount_minor)
    refund = Refund.objects.create(
        id=new_id("ref"),
        attempt=attempt,
        amount_minor=amount_minor,
        reason=reason,
        request_key=request_key,
        requested_at=now,
    )
    record_event("payment.refund_due", key=refund.pk, now=now)
    return refund


PAID = (PaymentAttempt.Status.AUTHORIZED, PaymentAttempt.Status.CAPTURED)
WITHOUT_ORDER = (PaymentAttempt.Status.DECLINED, PaymentAttempt.Status.FAILED)


@transaction.atomic
def return_taken(attempt_id: str, *, amount_minor: int, now: datetime) -> None:
    """Promise to give back what the provider took although no order came of it. May run twice."""
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    if attempt.status not in WITHOUT_ORDER or attempt.captured_minor:
        return
    taken = PaymentAttempt.objects.filter(pk=attempt_id)
    taken.update(captured_minor=amount_minor, refunded_minor=amount_minor)
    refund = Refund.objects.create(
        id=new_id("ref"), attempt=attempt, amount_minor=amount_minor, request_key="no_order", requested_at=now
    )
    record_event("payment.refund_due", key=refund.pk, now=now)


@transaction.atomic
def settle_refund(
    refund_id: str, *, status: str, now: datetime, provider_reference: str = "", failure_code: str = ""
) -> None:
    """Record how a refund stands. What is told late or twice never moves it back."""
    refund = Refund.objects.select_related("attempt").get(pk=refund_id)
    PaymentAttempt.objects.select_for_update(no_key=True).get(pk=refund.attempt_id)
    refund.refresh_from_db()
    if refund.status == status or not REFUND_TRANSITIONS.allows(refund.status, status):
        return
    Refund.objects.filter(pk=refund_id).update(
        status=status,
        provider_reference=provider_reference or refund.provider_reference,
        failure_code=failure_code[:60],
        settled_at=now,
    )
    if status == Refund.Status.FAILED:
        PaymentAttempt.objects.filter(pk=refund.attempt_id).update(
            refunded_minor=F("refunded_minor") - refund.amount_minor
        )
    record_event("payment.refund_changed", key=refund_id, now=now)


@transaction.atomic
def decide_capture(attempt_id: str) -> int:
    """Return what to capture of a held amount, deciding it the first time: all but what was promised back by then.

    Later promises are refunds of what was captured. Whoever asks again, after a crash too, gets the same amount.
    """
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    if attempt.capture_minor is None:
        attempt.capture_minor = attempt.amount_minor - attempt.refunded_minor
        if attempt.capture_minor:
            PaymentAttempt.objects.filter(pk=attempt_id).update(capture_minor=attempt.capture_minor)
            attempt.refunds.filter(status=Refund.Status.REQUESTED).update(is_left_out=True)
    return attempt.capture_minor


def release_refunds(attempt_id: str, *, now: datetime) -> None:
    """Count as given back what the capture has left out."""
    left_out = Refund.objects.filter(attempt_id=attempt_id, status=Refund.Status.REQUESTED, is_left_out=True)
    for refund_id in left_out.order_by("requested_at", "pk").values_list("pk", flat=True):
        settle_refund(refund_id, status=Refund.Status.SUCCEEDED, now=now)


@transaction.atomic
def adopt_refund(
    attempt_id: str, *, provider_reference: str, amount_minor: int, status: str, now: datetime
) -> None:
    """Record a refund that somebody made at the provider and not here. May run twice."""
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    known = attempt.refunds.filter(provider_reference=provider_reference).first()
    if known is not None:
        settle_refund(known.pk, status=status, now=now)
        return
    if amount_minor > attempt.amount_minor - attempt.refunded_minor:
        logger.error("more was refunded at the provider than is left", extra={"attempt": attempt_id})
        return
    refund = Refund.objects.create(
        id=new_id("ref"),
        attempt=attempt,
        amount_minor=amount_minor,
        status=Refund.Status.PENDING,
        provider_reference=provider_reference,
        requested_at=now,
    )
    PaymentAttempt.objects.filter(pk=attempt_id).update(refunded_minor=F("refunded_minor") + amount_minor)
    if status != Refund.Status.PENDING:
        settle_refund(refund.pk, status=status, now=now)
    record_event("payment.refund_changed", key=refund.pk, now=now)
