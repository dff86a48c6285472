"""What happens on payment, second half: the provider's answer becomes an order, or everything is given back.

`settle` is the one end for the request that asked, for the sweep that resumes, and for whoever else learns
the outcome. It may be called twice and at once: the session's row decides who was first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from commerce.accounts.models import Merchant
from commerce.accounts.services import unspend
from commerce.checkout.document import Session
from commerce.checkout.facts import buyer_fingerprint
from commerce.checkout.messages import Issue, refusal
from commerce.checkout.placing import order_of
from commerce.checkout.services import require_session
from commerce.checkout.sql import lock_any_session, update_write
from commerce.checkout.states import SESSION_TRANSITIONS, Status
from commerce.discounts.services import redeem_write, release_uses
from commerce.fulfillment.records import OrderDetails
from commerce.fulfillment.selectors import order_details
from commerce.idempotency.services import Receipt, no_receipt
from commerce.inventory.services import commit_writes, release
from commerce.orders.services import place_order_writes
from commerce.outbox.services import announce, event_write, record_event
from commerce.payments.gateway import ActionRequired, Authorized, Declined, Refused
from commerce.payments.services import Attempt, is_as_asked, settle_write
from commerce.statements import LostUpdateError, Write, refuse_transaction, write

logger = logging.getLogger(__name__)

Decided = Authorized | Declined | ActionRequired | Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """A session after an attempt to complete it, with its order where there is one."""

    session: Session
    order: OrderDetails | None = None


def settle(
    attempt: Attempt,
    result: Decided,
    *,
    now: datetime,
    session: Session | None = None,
    receipt: Receipt[Outcome] = no_receipt,
) -> Outcome:
    """Record what the provider decided about an attempt, once. Opens transactions of its own.

    `session` is the attempt's session as the caller left it; with it an order takes a single statement. Where
    the attempt was settled before, nothing changes and the session is returned as it stands.
    """
    refuse_transaction()
    paid = result if isinstance(result, Authorized) and is_as_asked(result, attempt) else None
    if session and paid and _is_awaited(session, attempt):
        try:
            return _placed(session, attempt, paid, now, receipt)
        except LostUpdateError as problem:
            logger.info("looking again before settling: %s", problem, extra={"attempt": attempt.id})
    if paid:
        try:
            with transaction.atomic(durable=True):
                session = require_session(lock_any_session(attempt.reference))
                if not _is_awaited(session, attempt):
                    return _as_it_stands(session)
                return _placed(session, attempt, paid, now, receipt)
        except LostUpdateError:
            logger.exception("an authorized payment cannot become an order", extra={"attempt": attempt.id})
    with transaction.atomic(durable=True):
        session = require_session(lock_any_session(attempt.reference))
        if not _is_awaited(session, attempt):
            return _as_it_stands(session)
        return _given_back(session, attempt, result, now, receipt)


def _is_awaited(session: Session, attempt: Attempt) -> bool:
    """Say whether it is this attempt's outcome that a session waits for."""
    return session.status is Status.COMPLETING and session.attempt_id == attempt.id


def place_free_order(session: Session, *, reference: str, now: datetime, receipt: Receipt[Outcome]) -> Outcome:
    """Place the order of a session that costs nothing, in the open transaction that reserved its stock."""
    return _place(session, None, reference, [], now, receipt)


def _as_it_stands(session: Session) -> Outcome:
    is_completed = session.status is Status.COMPLETED
    return Outcome(session, order_details(session.order_id) if is_completed else None)


def _placed(
    session: Session, attempt: Attempt, result: Authorized, now: datetime, receipt: Receipt[Outcome]
) -> Outcome:
    settled = settle_write(
        attempt.id,
        status="captured" if result.is_captured else "authorized",
        provider_reference=result.provider_reference,
        captured_minor=result.amount_minor if result.is_captured else 0,
        now=now,
    )
    also = [settled]
    if not result.is_captured:
        also.append(event_write("payment.capture_due", key=attempt.id, now=now))
    return _place(session, attempt.id, attempt.id, also, now, receipt)


def _place(
    session: Session,
    payment_id: str | None,
    reference: str,
    also: list[Write],
    now: datetime,
    receipt: Receipt[Outcome],
) -> Outcome:
    """Write the order and all that goes with it as one statement."""
    order = order_of(session, payment_id=payment_id, now=now)
    document = replace(session.document, issues=())
    session = replace(session, status=Status.COMPLETED, order_id=order.id, document=document, updated_at=now)
    outcome = Outcome(session, OrderDetails(order))
    writes = [
        update_write(session),
        *also,
        *commit_writes(len(document.lines), reference=reference),
        *place_order_writes(order),
    ]
    if used := [discount.discount_id for discount in document.discounts]:
        writes.append(redeem_write(used, reference=reference, buyer=buyer_fingerprint(document), now=now))
    write(*writes, *receipt(outcome))
    announce()
    return outcome


def _given_back(
    session: Session, attempt: Attempt, result: Decided, now: datetime, receipt: Receipt[Outcome]
) -> Outcome:
    """End an attempt without an order: stock, discounts, limits and whatever is held go back."""
    _unspend(session, attempt)
    release_uses(attempt.id)
    release(attempt.id)
    SESSION_TRANSITIONS.check(session.status, Status.READY)
    document = replace(session.document, issues=(*session.document.issues, _reason(result)))
    session = replace(session, status=Status.READY, document=document, updated_at=now)
    outcome = Outcome(session)
    write(update_write(session), _ended(attempt, result, now), *receipt(outcome))
    if isinstance(result, (Authorized, ActionRequired)):
        record_event("payment.void_due", key=attempt.id, now=now)
    return outcome


def _unspend(session: Session, attempt: Attempt) -> None:
    time_zone = Merchant.objects.values_list("time_zone", flat=True).get(pk=session.merchant_id)
    day = attempt.submitted_at.astimezone(ZoneInfo(time_zone)).date()
    unspend(session.agent_key_id, attempt.amount_minor, day=day)


def _ended(attempt: Attempt, result: Decided, now: datetime) -> Write:
    match result:
        case Authorized(provider_reference=reference):
            return settle_write(
                attempt.id, status="failed", provider_reference=reference, decline_code="no_order", now=now
            )
        case Declined(code=code, provider_reference=reference):
            return settle_write(
                attempt.id, status="declined", provider_reference=reference, decline_code=code, now=now
            )
        case ActionRequired(provider_reference=reference):
            return settle_write(
                attempt.id,
                status="failed",
                provider_reference=reference,
                decline_code="authentication_required",
                now=now,
            )
        case Refused(code=code):
            return settle_write(attempt.id, status="failed", decline_code=code, now=now)


def _reason(result: Decided) -> Issue:
    match result:
        case Authorized():
            text = "Nothing was charged: not enough units are left. The hold on the card is given back."
            return refusal("out_of_stock", text)
        case Declined(message=message):
            return refusal("payment_declined", f"The payment was declined: {message}", "payment")
        case ActionRequired():
            text = (
                "Nothing was charged: the card's issuer asks the buyer to authenticate (3-D Secure), which is "
                "not supported here. Another card may do."
            )
            return refusal("authentication_required", text, "payment")
        case Refused(message=message):
            return refusal("payment_unavailable", f"Nothing was charged. {message}", "payment")
