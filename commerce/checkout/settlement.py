"""What happens on payment, second half: the provider's answer becomes an order, or everything is given back.

`settle` is the one end for the request that asked, for the sweep that resumes, and for whoever else learns
the outcome. It may be called twice and at once: the session's row decides who was first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from commerce.checkout.document import Challenge, Document, Session
from commerce.checkout.facts import buyer_fingerprint
from commerce.checkout.giving_back import give_back
from commerce.checkout.messages import Issue, info, refusal
from commerce.checkout.placing import order_of
from commerce.checkout.services import require_session
from commerce.checkout.sql import lock_any_session, update_write
from commerce.checkout.states import SESSION_TRANSITIONS, Status
from commerce.discounts.services import redeem_write
from commerce.failpoints import failpoint
from commerce.fulfillment.records import OrderDetails
from commerce.fulfillment.selectors import order_details
from commerce.idempotency.services import Receipt, no_receipt
from commerce.inventory.services import commit_writes
from commerce.orders.services import place_order_writes
from commerce.outbox.services import announce, event_write, record_event
from commerce.payments.gateway import ActionRequired, Authorized, Declined, Refused
from commerce.payments.services import Attempt, challenge_write, is_as_asked, settle_write
from commerce.statements import LostUpdateError, Write, refuse_transaction, write

logger = logging.getLogger(__name__)

Ended = Authorized | Declined | Refused
Decided = Ended | ActionRequired


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
        if isinstance(result, ActionRequired):
            return _challenged(session, attempt, result, now, receipt)
        return _given_back(session, attempt, result, now, receipt)


def _is_awaited(session: Session, attempt: Attempt) -> bool:
    """Say whether it is this attempt's outcome that a session waits for."""
    return session.status in _ATTEMPT_STATUS and session.attempt_id == attempt.id


# A session and its attempt change together, in one statement.
_ATTEMPT_STATUS = {Status.COMPLETING: "submitting", Status.CHALLENGED: "challenged"}


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
        before=_ATTEMPT_STATUS[session.status],
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
    document = replace(session.document, issues=(), challenge=None)
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
    failpoint("settle.before_write")
    write(*writes, *receipt(outcome))
    failpoint("settle.after_write")
    announce()
    return outcome


def _challenged(
    session: Session, attempt: Attempt, result: ActionRequired, now: datetime, receipt: Receipt[Outcome]
) -> Outcome:
    """Keep everything held while the buyer authenticates. A session that waits already goes on waiting."""
    if session.status is Status.CHALLENGED:
        return Outcome(session)
    SESSION_TRANSITIONS.check(session.status, Status.CHALLENGED)
    until = now + timedelta(minutes=settings.PAYMENT_CHALLENGE_MINUTES)
    document = replace(
        session.document,
        challenge=Challenge(brand=result.brand, until=until),
        issues=(_asked(session.document, until),),
    )
    session = replace(session, status=Status.CHALLENGED, document=document, updated_at=now)
    outcome = Outcome(session)
    waiting = challenge_write(attempt.id, provider_reference=result.provider_reference, until=until, now=now)
    write(update_write(session), waiting, *receipt(outcome))
    return outcome


def _asked(document: Document, until: datetime) -> Issue:
    """Say what the buyer has to do; to an agent that never said it can have that done, as an error."""
    text = (
        "The card's issuer asks the buyer to authenticate (3-D Secure). Nothing is charged until then; the items "
        f"are held until {until:%H:%M} UTC. The buyer can authenticate at the continue_url."
    )
    if "3ds" in document.interventions:
        return info("authentication_required", text)
    return refusal("intervention_required", text)


def _given_back(
    session: Session, attempt: Attempt, result: Ended, now: datetime, receipt: Receipt[Outcome]
) -> Outcome:
    """End an attempt without an order: stock, discounts, limits and whatever is held go back."""
    give_back(session, amount_minor=attempt.amount_minor, submitted_at=attempt.submitted_at)
    SESSION_TRANSITIONS.check(session.status, Status.READY)
    issues = tuple(issue for issue in session.document.issues if not issue.is_passing)
    document = replace(session.document, challenge=None, issues=(*issues, _reason(result)))
    ended = _ended(attempt, result, _ATTEMPT_STATUS[session.status], now)
    session = replace(session, status=Status.READY, document=document, updated_at=now)
    outcome = Outcome(session)
    write(update_write(session), ended, *receipt(outcome))
    if isinstance(result, Authorized) or attempt.provider_reference:  # or the buyer may still authenticate
        record_event("payment.void_due", key=attempt.id, now=now)
    return outcome


def _ended(attempt: Attempt, result: Ended, before: str, now: datetime) -> Write:
    match result:
        case Authorized(provider_reference=reference):
            status, code = "failed", "no_order"
        case Declined(code=code, provider_reference=reference):
            status = "declined"
        case Refused(code=code):
            status, reference = "failed", attempt.provider_reference
    return settle_write(
        attempt.id, before=before, status=status, provider_reference=reference, decline_code=code, now=now
    )


def _reason(result: Ended) -> Issue:
    match result:
        case Authorized():
            text = "Nothing was charged: not enough units are left. The hold on the card is given back."
            return refusal("out_of_stock", text)
        case Declined(message=message):
            return refusal("payment_declined", f"The payment was declined: {message}", "payment")
        case Refused(message=message):
            return refusal("payment_unavailable", f"Nothing was charged. {message}", "payment")
