"""What happens on payment, first half: the stock is held, the attempt is written, the provider is asked.

`settlement.py` is the second half. Each of the two is committed by itself, mostly as a single statement, and no
transaction is open while the provider thinks. See the package's docstring for the states.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from commerce import sealing
from commerce.accounts.services import Caller, SpendingLimitError, spend
from commerce.buyers import Buyer
from commerce.checkout.alternatives import with_alternatives
from commerce.checkout.challenges import (
    AuthenticationNeededError,
    OtherTokenError,
    page_url,
    refused_beforehand,
    without_proof,
)
from commerce.checkout.commands import CompleteSession
from commerce.checkout.confirmations import CONFIRMATION, NotConfirmedError, use_write
from commerce.checkout.document import Discounted, Session
from commerce.checkout.evaluation import evaluate
from commerce.checkout.facts import buyer_fingerprint, load_facts
from commerce.checkout.giving_back import holding
from commerce.checkout.messages import Issue, Remedy, info, refusal
from commerce.checkout.placing import has_same_terms, quantities_of
from commerce.checkout.services import SessionClosedError, change_session, require_open
from commerce.checkout.settlement import Decided, Outcome, place_free_order, settle
from commerce.checkout.shop import Shop
from commerce.checkout.sql import update_write
from commerce.checkout.states import SESSION_TRANSITIONS, Status
from commerce.checkout.terms import delay_of, with_days_of
from commerce.discounts.services import DiscountUsedUpError, check_uses_per_buyer, reserve_uses
from commerce.errors import BusyError, UnavailableError
from commerce.failpoints import failpoint
from commerce.fulfillment.selectors import order_details
from commerce.idempotency.services import Receipt, no_receipt
from commerce.ids import new_id
from commerce.inventory.services import UNITS, OutOfStockError, reserve_writes
from commerce.money import Money
from commerce.payments.asking import ask
from commerce.payments.authentication import PROVEN
from commerce.payments.gateway import Unknown
from commerce.payments.models import PaymentAttempt
from commerce.payments.selectors import request_key_of
from commerce.payments.services import Attempt, attempt_from, begin_write, prove_write, put_off, take_over
from commerce.postgres.failures import is_cut_off, replace_broken_connection
from commerce.statements import LostUpdateError, write

logger = logging.getLogger(__name__)


def complete_session(
    *,
    shop: Shop,
    caller: Caller,
    session_id: str,
    command: CompleteSession,
    now: datetime,
    receipt: Receipt[Outcome] = no_receipt,
) -> Outcome:
    """Pay for a session on the terms that were last shown, and place its order: once, whatever dies.

    Returns the session completed with its order, or open with the reason why nothing was charged, or challenged
    where the card's issuer asks the buyer to authenticate; then another call brings what became of it. The same
    `request_key` may be sent again after any failure and takes up what it began.

    Raises NotFoundError, SessionClosedError for a session that is over, BusyError while another request
    completes it, UnavailableError while the provider has not said what happened, AuthenticationNeededError and
    OtherTokenError for a challenged session.
    """
    step = _reserve(shop, caller, session_id, command, now, receipt)
    if isinstance(step, Outcome):
        return step
    return _authorize_and_settle(step.attempt, session=step.session, now=now, receipt=receipt)


def resume(attempt_id: str, *, now: datetime) -> Outcome | None:
    """Take up an interrupted attempt: ask the provider the same again and settle.

    None where another process is at work on it or it is settled already. Raises UnavailableError.
    """
    attempt = take_over(attempt_id, now=now)
    return _authorize_and_settle(attempt, session=None, now=now, receipt=no_receipt) if attempt else None


@dataclass(frozen=True, slots=True)
class _Held:
    """A session that is being completed, and the attempt to pay for it."""

    session: Session
    attempt: Attempt


def _authorize_and_settle(
    attempt: Attempt, *, session: Session | None, now: datetime, receipt: Receipt[Outcome]
) -> Outcome:
    failpoint("complete.before_ask")
    result = ask(attempt, return_url=page_url(attempt.reference), now=now)
    if isinstance(result, Unknown):
        logger.warning("payment outcome unknown: %s", result.reason, extra={"attempt": attempt.id})
        raise UnavailableError(
            "The payment provider has not answered yet; what became of the payment is being looked into.",
            retry_after=put_off(attempt.id, now=now),
        )
    failpoint("complete.after_ask")
    outcome = _settled(attempt, result, session=session, now=now, receipt=receipt)
    failpoint("complete.after_settle")
    return outcome


def _settled(
    attempt: Attempt, result: Decided, *, session: Session | None, now: datetime, receipt: Receipt[Outcome]
) -> Outcome:
    """Settle, and look again where the connection ended meanwhile: it may have been committed, or not."""
    try:
        return settle(attempt, result, session=session, now=now, receipt=receipt)
    except (DatabaseError, InterfaceError) as problem:
        if not is_cut_off(problem):
            raise
        logger.warning("settling once more: %s", problem, extra={"attempt": attempt.id})
    replace_broken_connection()
    return settle(attempt, result, now=now, receipt=receipt)


def _reserve(
    shop: Shop,
    caller: Caller,
    session_id: str,
    command: CompleteSession,
    now: datetime,
    receipt: Receipt[Outcome],
) -> _Held | Outcome:
    """Hold what is bought and write the attempt; or say why not; or take up what an earlier call began."""

    def reserve(session: Session) -> _Held | Outcome:
        if session.status in (Status.COMPLETED, Status.COMPLETING):
            return _taken_up(session, command, now)
        if session.status is Status.CHALLENGED:
            return _answered(session, command, now, receipt)
        require_open(session, now)
        session = replace(_confirmed(session, command), agent_key_id=caller.key_id)
        fresh = _evaluated(session, shop, now)
        problem = _obstacle(session, fresh, command, shop)
        if problem is None and caller.requires_confirmation:
            problem = _arrives_later(session, fresh)
        if problem is not None:
            return _refused(fresh, problem, now, receipt)
        confirmed = replace(fresh, document=with_days_of(session.document, fresh.document))
        return _held(fresh, confirmed, shop, caller, command, now, receipt)

    try:
        return change_session(session_id, reserve, shop=shop, caller=caller)
    except (OutOfStockError, DiscountUsedUpError, SpendingLimitError, NotConfirmedError) as problem:
        text = _REFUSALS.get(type(problem), f"Nothing was charged. {problem.message}")
        is_asked = isinstance(problem, NotConfirmedError)
        reason = refusal(problem.code, text, remedy=Remedy.BUYER_REVIEW if is_asked else Remedy.BUYER_INPUT)

    def refuse(session: Session) -> Outcome:
        require_open(session, now)
        return _refused(_evaluated(session, shop, now), reason, now, receipt)

    return change_session(session_id, refuse, shop=shop, caller=caller)


def _taken_up(session: Session, command: CompleteSession, now: datetime) -> _Held | Outcome:
    """Answer a repetition of the request that completes, or has completed, the session."""
    is_repetition = request_key_of(session.attempt_id) == command.request_key
    if session.status is Status.COMPLETED:
        if not is_repetition:
            raise SessionClosedError(session.status)
        return Outcome(session, order_details(session.order_id))
    taken = take_over(session.attempt_id, now=now) if is_repetition else None
    if taken is None:
        raise BusyError("The session is being completed by another request.")
    return _Held(session, taken)


def _answered(
    session: Session, command: CompleteSession, now: datetime, receipt: Receipt[Outcome]
) -> _Held | Outcome:
    """Go on with a payment that waits for the buyer's authentication, on the very terms it was begun on."""
    row = PaymentAttempt.objects.get(pk=session.attempt_id)
    result = command.authentication
    if result is None:
        if row.request_key == command.request_key:
            return Outcome(session)
        raise AuthenticationNeededError
    if sealing.fingerprint(command.token) != row.token_fingerprint:
        raise OtherTokenError
    if result.outcome not in PROVEN:
        return without_proof(session, result, now=now, receipt=receipt)
    SESSION_TRANSITIONS.check(session.status, Status.COMPLETING)
    held = replace(session, status=Status.COMPLETING, updated_at=now)
    write(update_write(held), prove_write(row.pk, result=result, request_key=command.request_key, now=now))
    attempt = replace(
        attempt_from(row),
        request_key=command.request_key,
        authentication=result.outcome,
        proof=result.proof,
    )
    return _Held(replace(held, version=held.version + 1), attempt)


def _confirmed(session: Session, command: CompleteSession) -> Session:
    """Take over what may be said with the completion: who buys, notes, where it came from."""
    document = session.document
    if command.buyer is not None:
        document = replace(document, buyer=_merged(document.buyer, command.buyer))
    if command.notes is not None:
        document = replace(document, notes=command.notes)
    if command.attribution is not None:
        document = replace(document, attribution=(*document.attribution, command.attribution))
    if command.risk_signals is not None:
        document = replace(document, risk_signals=command.risk_signals)
    return replace(session, document=document)


def _merged(known: Buyer | None, told: Buyer) -> Buyer:
    """Keep what was known of the buyer where nothing newer is told."""
    if known is None:
        return told
    changes = {name: getattr(told, name) for name in Buyer.__slots__ if getattr(told, name)}
    return replace(known, **changes)


def _evaluated(session: Session, shop: Shop, now: datetime) -> Session:
    facts = load_facts(shop.id, session.document, now=now)
    evaluation = evaluate(session.document, shop=shop, facts=facts, now=now)
    evaluation = with_alternatives(evaluation, shop=shop, now=now)
    return replace(session, document=evaluation.document, status=evaluation.status, updated_at=now)


def _obstacle(shown: Session, fresh: Session, command: CompleteSession, shop: Shop) -> Issue | None:
    """Say why a freshly judged session cannot be charged on the terms that were shown."""
    old, new = shown.document.totals.total_minor, fresh.document.totals.total_minor
    if not has_same_terms(shown.document, fresh.document):
        was, is_now = Money(old, fresh.currency), Money(new, fresh.currency)
        text = f"Nothing was charged: the terms have changed. The total was {was} and is {is_now} now."
        return refusal("terms_changed", text, "totals", remedy=Remedy.BUYER_REVIEW)
    if fresh.status is not Status.READY:
        return info("not_ready", "Nothing was charged: the session is not ready for payment.")
    if command.authentication and command.authentication.outcome not in PROVEN:
        return refused_beforehand(command.authentication)
    if shop.payments is None and new:
        return refusal("payment_unavailable", "Nothing was charged: the shop takes no payments yet.", "payment")
    return None


def _arrives_later(shown: Session, fresh: Session) -> Issue | None:
    """Say that what the buyer confirms would arrive later than was shown."""
    delay = delay_of(shown.document, fresh.document)
    if delay is None:
        return None
    was, is_now = (f"{day:%a, %b} {day.day}" for day in (delay.was, delay.is_now))
    text = f"Nothing was charged: it was to arrive by {was}, and would arrive by {is_now} now."
    return refusal("terms_changed", text, "options", remedy=Remedy.BUYER_REVIEW)


def _refused(session: Session, problem: Issue, now: datetime, receipt: Receipt[Outcome]) -> Outcome:
    """Store the session as it is now, with the reason why nothing was charged."""
    document = replace(session.document, issues=(*session.document.issues, problem))
    outcome = Outcome(replace(session, document=document, updated_at=now))
    write(update_write(outcome.session), *receipt(outcome))
    return outcome


_ASKED = (
    "The buyer has to confirm these terms first, at the continue_url. Then complete again, with another "
    "Idempotency-Key."
)
_REFUSALS = {
    OutOfStockError: "Nothing was charged: not enough units are left.",
    DiscountUsedUpError: "Nothing was charged: a discount has been used up in the meantime.",
}


def _held(
    session: Session,
    confirmed: Session,
    shop: Shop,
    caller: Caller,
    command: CompleteSession,
    now: datetime,
    receipt: Receipt[Outcome],
) -> _Held | Outcome:
    """Reserve stock, discount uses and the key's limit, all or none, and write the attempt.

    `confirmed` is the session as a buyer's yes to it is written.
    """
    attempt = Attempt(
        id=new_id("pay"),
        merchant_id=shop.id,
        reference=session.id,
        amount_minor=session.document.totals.total_minor,
        currency=session.currency,
        is_captured_at_once=shop.is_captured_at_once,
        token=command.token,
        request_key=command.request_key,
        submitted_at=now,
        authentication=command.authentication.outcome if command.authentication else "",
        proof=command.authentication.proof if command.authentication else None,
        account=shop.payments.account if shop.payments else None,
    )
    agreed = use_write(confirmed, attempt_id=attempt.id, token=command.token, now=now)
    if not caller.requires_confirmation:
        agreed = replace(agreed, expect=None)  # a yes that was given is used up all the same
    units = reserve_writes(
        quantities_of(session.document),
        reference=attempt.id,
        expires_at=now + timedelta(minutes=settings.STOCK_RESERVATION_MINUTES),
        now=now,
    )
    limited = [one for one in session.document.discounts if one.is_limited]
    is_one_statement = not limited and not caller.has_limits and attempt.amount_minor
    try:
        with nullcontext() if is_one_statement else holding(session):
            spend(caller, attempt.amount_minor, day=now.astimezone(shop.zone).date())
            _reserve_discounts(limited, buyer_fingerprint(session.document), attempt.id, now)
            if attempt.amount_minor == 0:
                write(agreed, *units)
                return place_free_order(session, reference=attempt.id, now=now, receipt=receipt)
            SESSION_TRANSITIONS.check(session.status, Status.COMPLETING)
            held = replace(session, status=Status.COMPLETING, attempt_id=attempt.id, updated_at=now)
            failpoint("complete.before_reserve")
            write(update_write(held), agreed, *units, begin_write(attempt))
            failpoint("complete.after_reserve")
            return _Held(replace(held, version=held.version + 1), attempt)
    except LostUpdateError as problem:
        if problem.part == UNITS:
            raise OutOfStockError("Not enough units are left.") from problem
        if problem.part == CONFIRMATION:
            raise NotConfirmedError(_ASKED) from problem
        raise


def _reserve_discounts(limited: Sequence[Discounted], buyer: str, reference: str, now: datetime) -> None:
    if not limited:
        return
    reserve_uses([one.discount_id for one in limited], reference=reference, buyer=buyer, now=now)
    if per_buyer := [one.discount_id for one in limited if one.is_limited_per_buyer]:
        check_uses_per_buyer(per_buyer, buyer=buyer)
