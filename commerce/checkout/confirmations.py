"""A buyer's yes to exactly the terms that will be charged: given once, for ten minutes, used up by the payment.

Merchants and agent keys may require it. It is bound to the hash of the canonical terms, so that any change voids
it, and is consumed in the very statement that holds the stock and writes the attempt. Who says it is known by the
address of the page alone, which the agent holds as well: the terms are certain, that a person read them is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from commerce import sealing
from commerce.accounts.models import AgentKey
from commerce.checkout.document import Session
from commerce.checkout.models import Confirmation
from commerce.checkout.sql import lock_any_session
from commerce.checkout.states import Status
from commerce.checkout.terms import canonical_terms, terms_hash
from commerce.errors import CommerceError, NotFoundError
from commerce.ids import new_id
from commerce.statements import Write, write

VALID_FOR = timedelta(minutes=10)
CONFIRMATION = "confirmation"


class NotConfirmedError(CommerceError):
    """The merchant or the agent's key wants the buyer's own yes to the terms, and there is none."""

    code = "confirmation_required"


class OtherTermsError(CommerceError):
    """What was confirmed is not what the session says now."""

    code = "terms_changed"


def is_required(session: Session) -> bool:
    """Say whether a session is paid for only after its buyer has confirmed the terms."""
    flags = AgentKey.objects.filter(pk=session.agent_key_id).values_list(
        "requires_confirmation", "agent__merchant__requires_confirmation"
    )
    return any(any(row) for row in flags)


@transaction.atomic
def confirm(
    session_id: str, *, terms: str, evidence: dict[str, str], now: datetime, payment_source: str = ""
) -> Confirmation:
    """Keep that the buyer said yes to the terms of that hash, in place of any yes before.

    `evidence` says from where. A `payment_source` is the card that was chosen along with it: then only a token
    that was bound to this yes pays. Raises NotFoundError, OtherTermsError where the session says something else
    by now or cannot be paid for.
    """
    session = lock_any_session(session_id)
    if session is None:
        raise NotFoundError("There is no such checkout session.")
    written = canonical_terms(session)
    if session.status is not Status.READY or terms_hash(written) != terms:
        raise OtherTermsError("The terms have changed since they were shown. Nothing was confirmed.")
    write(void_write(session_id, now=now))
    return Confirmation.objects.create(
        id=new_id("cnf"),
        session_id=session_id,
        terms_hash=terms,
        terms=written.decode(),
        total_minor=session.document.totals.total_minor,
        currency=session.currency,
        evidence=evidence,
        payment_source=payment_source,
        confirmed_at=now,
        expires_at=now + VALID_FOR,
    )


def bind_token(confirmation_id: str, token: str) -> None:
    """Have a yes that names a card be good for this token alone."""
    Confirmation.objects.filter(pk=confirmation_id).update(token_fingerprint=sealing.fingerprint(token))


def void_write(session_id: str, *, now: datetime) -> Write:
    """Return the write that makes a yes useless that was not used yet."""
    return Write(
        "voided",
        "UPDATE checkout_confirmation SET expires_at = %s"
        " WHERE session_id = %s AND used_at IS NULL AND expires_at > %s",
        [now, session_id, now],
    )


def standing(session: Session, *, now: datetime) -> Confirmation | None:
    """Return the yes by which a session could be paid for at this moment."""
    return Confirmation.objects.filter(
        session_id=session.id,
        terms_hash=terms_hash(canonical_terms(session)),
        used_at__isnull=True,
        expires_at__gt=now,
    ).first()


def use_write(session: Session, *, attempt_id: str, token: str, now: datetime) -> Write:
    """Return the write that uses up the yes to just these terms, paid in the way that was said with it.

    Part CONFIRMATION is lost where there is none.
    """
    return Write(
        CONFIRMATION,
        """
        UPDATE checkout_confirmation SET used_at = %s, attempt_id = %s
        WHERE session_id = %s AND terms_hash = %s AND used_at IS NULL AND expires_at > %s
          AND (payment_source = '' OR token_fingerprint = %s)
        """,
        [now, attempt_id, session.id, terms_hash(canonical_terms(session)), now, sealing.fingerprint(token)],
        expect=1,
    )
