"""While the card's issuer asks the buyer to authenticate (3-D Secure): all stays held, and nothing is charged.

A challenge ends in one of three ways. The agent brings the issuer's proof with another complete (`complete.py`);
the buyer authenticates on the issuer's page, of which the provider knows; or it is given up, by the agent, by
the buyer or by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from commerce.checkout.confirmations import is_required, standing
from commerce.checkout.document import Session
from commerce.checkout.giving_back import ending_challenge
from commerce.checkout.messages import Issue, info, refusal
from commerce.checkout.services import require_session
from commerce.checkout.settlement import Decided, Outcome, settle
from commerce.checkout.sql import find_any_session, lock_any_session, update_write
from commerce.checkout.states import OPEN, SESSION_TRANSITIONS, Status
from commerce.checkout.terms import canonical_terms, terms_hash
from commerce.errors import CommerceError, NotFoundError, UnavailableError
from commerce.idempotency.services import Receipt, no_receipt
from commerce.payments.authentication import FINAL, AuthenticationResult
from commerce.payments.authentication import Outcome as Ending
from commerce.payments.connections import gateway_of
from commerce.payments.gateway import ActionRequired, Unknown
from commerce.payments.models import PaymentAttempt
from commerce.payments.services import attempt_from
from commerce.postgres.failures import give_back_connection
from commerce.statements import write


class AuthenticationNeededError(CommerceError):
    """The session waits for the buyer's authentication, and the request does not say what became of it."""

    code = "authentication_needed"

    def __init__(self) -> None:
        super().__init__(
            "The card's issuer asks the buyer to authenticate: say in the request what became of it.",
            target=("authentication",),
        )


class OtherTokenError(CommerceError):
    """A proof belongs to the payment it was asked for."""

    code = "other_token"

    def __init__(self) -> None:
        super().__init__(
            "The authentication is for the token that was sent before; cancel it to pay with another.",
            target=("token",),
        )


def page_url(session_id: str) -> str:
    """Return the address of the page on which the buyer finishes a payment that the issuer asks about."""
    return f"{settings.PUBLIC_BASE_URL}/checkout/{session_id}"


def settle_challenge(attempt_id: str, *, now: datetime) -> None:
    """Ask the provider what became of an attempt that waits for the buyer, and settle it where it is decided.

    A challenge whose time has run out is given up. Opens transactions of its own; may run twice and at once.
    Raises UnavailableError where the provider does not say.
    """
    row = PaymentAttempt.objects.filter(pk=attempt_id, status=PaymentAttempt.Status.CHALLENGED).first()
    if row is not None:
        _settle(row, _looked_up(row), now)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a buyer meets who opens the page of a payment.

    `issuer_url` is where to authenticate, empty where nobody waits for it. Undecided is what somebody is at work
    on, or of what the provider does not say. `terms` is the hash of what the buyer is asked to confirm, empty
    where nobody asks; confirmed is what was said yes to and is still to be paid.
    """

    session: Session
    issuer_url: str = ""
    is_undecided: bool = False
    terms: str = ""
    is_confirmed: bool = False


def visit_payment(session_id: str, *, now: datetime) -> Visit:
    """Look at a payment that the buyer takes part in, and settle it where it is decided meanwhile.

    Raises NotFoundError for a session of which nobody asks the buyer anything.
    """
    session = require_session(find_any_session(session_id))
    row = PaymentAttempt.objects.filter(pk=session.attempt_id, challenged_until__isnull=False).first()
    is_to_confirm = is_required(session)
    if row is None and not is_to_confirm:
        raise NotFoundError("There is no such payment.")
    if session.status in OPEN and is_to_confirm:
        return _to_confirm(session, now)
    if row is None or session.status is not Status.CHALLENGED:
        return Visit(session, is_undecided=session.status is Status.COMPLETING)
    try:
        result = _looked_up(row)
    except UnavailableError:
        return Visit(session, is_undecided=True)
    settled = _settle(row, result, now).session
    if isinstance(result, ActionRequired) and settled.status is Status.CHALLENGED:
        return Visit(settled, issuer_url=result.url)
    return Visit(settled, is_undecided=settled.status is Status.COMPLETING)


def _to_confirm(session: Session, now: datetime) -> Visit:
    if session.expires_at <= now:
        return Visit(replace(session, status=Status.EXPIRED))
    if session.status is not Status.READY:
        return Visit(session)
    is_confirmed = standing(session, now=now) is not None
    return Visit(session, terms=terms_hash(canonical_terms(session)), is_confirmed=is_confirmed)


def abandon_challenge(session_id: str, *, now: datetime) -> None:
    """Give up a payment because the buyer says so on the page. Does nothing where it is decided already."""
    session = require_session(find_any_session(session_id))
    text = "Nothing was charged: the buyer did not want to authenticate. Another card may do."
    give_up(session.id, session.attempt_id, why=refusal("payment_declined", text, "payment"), now=now)


def give_up(session_id: str, attempt_id: str, *, why: Issue, now: datetime) -> Outcome:
    """Open a session again that waits for the buyer's authentication, and give back what is held for it."""
    with transaction.atomic(durable=True):
        session = require_session(lock_any_session(session_id))
        if session.status is not Status.CHALLENGED or session.attempt_id != attempt_id:
            return Outcome(session)
        return _reopened(session, why, code="authentication_abandoned", now=now, receipt=no_receipt)


def without_proof(
    session: Session, result: AuthenticationResult, *, now: datetime, receipt: Receipt[Outcome]
) -> Outcome:
    """Take note of an authentication that proved nothing: the card is given up, or may be tried again.

    Source: ACP says nothing of which outcome ends what; a refusal of the issuer is final, a failure of the way
    there is not.
    """
    if result.outcome in FINAL:
        text = f"Nothing was charged: {_ENDINGS[result.outcome]}. Another card may do."
        why = refusal("payment_declined", text, "payment")
        return _reopened(session, why, code=f"authentication_{result.outcome}", now=now, receipt=receipt)
    text = f"Nothing was charged: {_ENDINGS[result.outcome]}. The buyer may try again, or cancel."
    issues = (*session.document.issues, info("authentication_open", text))
    session = replace(session, document=replace(session.document, issues=issues), updated_at=now)
    outcome = Outcome(session)
    write(update_write(session), *receipt(outcome))
    return outcome


def refused_beforehand(result: AuthenticationResult) -> Issue:
    """Say why a session is not charged whose authentication failed before anybody asked for it."""
    return refusal("payment_declined", f"Nothing was charged: {_ENDINGS[result.outcome]}.", "payment")


_ENDINGS = {
    Ending.NOT_SUPPORTED: "the issuer asks for an authentication that the card does not support",
    Ending.DENIED: "the issuer did not accept the authentication",
    Ending.REJECTED: "the issuer refused to authenticate the payment",
    Ending.ABANDONED: "the buyer left the authentication",
    Ending.CANCELED: "the authentication was canceled",
    Ending.INTERNAL_ERROR: "the authentication failed for a technical reason",
    Ending.PROCESSING_ERROR: "the authentication failed for a technical reason",
}


def _reopened(session: Session, why: Issue, *, code: str, now: datetime, receipt: Receipt[Outcome]) -> Outcome:
    SESSION_TRANSITIONS.check(session.status, Status.READY)
    document = replace(session.document, challenge=None, issues=(why,))
    opened = replace(session, status=Status.READY, document=document, updated_at=now)
    outcome = Outcome(opened)
    with ending_challenge(session, code=code, now=now) as ended:
        write(update_write(opened), *ended, *receipt(outcome))
    return outcome


def _settle(row: PaymentAttempt, result: Decided, now: datetime) -> Outcome:
    if isinstance(result, ActionRequired) and row.challenged_until and row.challenged_until <= now:
        text = "Nothing was charged: the buyer has not authenticated in time. The same card may be tried again."
        return give_up(row.reference, row.pk, why=refusal("payment_declined", text, "payment"), now=now)
    return settle(attempt_from(row), result, now=now)


def _looked_up(row: PaymentAttempt) -> Decided:
    gateway = gateway_of(row)
    give_back_connection()
    result = gateway.look_up_payment(row.provider_reference)
    if isinstance(result, Unknown):
        raise UnavailableError("The payment provider does not say what became of the payment.")
    return result
