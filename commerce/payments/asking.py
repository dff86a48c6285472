"""How a payment is asked for, until it is known what became of it.

Asked once more, the provider gets the same under the same key. Where that says nothing either, its books are
looked through for what it has made of the attempt. What stands there is true, also where the provider answers
with the same stored error for good. What does not stand there for long enough is given up.

An attempt may be given up only where its key can have no effect any more:

- the provider replays an error under it for good, as Stripe does with its 500s, and has had no payment of the
  attempt for `PAYMENT_UNKNOWN_MINUTES`; or the key is older than the provider's memory, so that nobody sends it;
- or what was begun under it is canceled at the provider, and thereby ended.

A refused connection, a time-out, a key in use or too many requests are no reason, however long they last. Should a
payment appear in spite of it all, `inbox.provider_events` gives it back and reconciliation shows it.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce

from commerce.payments.connections import gateway_at
from commerce.payments.gateway import KEY_REFUSED, AlreadyCaptured, AuthorizeResult, Refused, Unknown, Voided
from commerce.payments.models import PaymentAttempt
from commerce.payments.services import Attempt
from commerce.postgres.failures import give_back_connection

logger = logging.getLogger(__name__)

# Stripe forgets an idempotency key after a day; a repetition after that could charge again.
RESEND_FOR = timedelta(hours=23)
# A payment is looked for from so long before its attempt was written until so long after its key was last sent:
# the provider's clock is another one.
CLOCKS_APART = timedelta(hours=1)
LOOKED_THROUGH_AT_ONCE = timedelta(hours=1)
LOOKING_FOR = 20.0
"""For how many seconds a try looks through all the books; the attempt says where the next one goes on."""


def ask(attempt: Attempt, *, return_url: str, now: datetime) -> AuthorizeResult:
    """Ask the provider to pay; the same for every repetition. Not inside a transaction.

    A repetition that brings no decision looks for what became of the attempt. What is older than the provider's
    memory of its key is only looked for: asked again it could be paid twice. The provider may take its time:
    until it has answered, no connection to the database is kept from others.
    """
    if now - attempt.submitted_at > RESEND_FOR:
        return _found(attempt, Unknown("the key is forgotten", is_final=True), now)
    answer = _asked(attempt, return_url)
    if attempt.tries == 1:
        return answer
    if isinstance(answer, Refused) and answer.code == KEY_REFUSED:  # what was asked before may have taken effect
        answer = Unknown("the provider refuses the key")
    return _found(attempt, answer, now) if isinstance(answer, Unknown) else answer


def _asked(attempt: Attempt, return_url: str) -> AuthorizeResult:
    gateway = gateway_at(attempt.account)
    give_back_connection()
    if attempt.provider_reference and attempt.proof:
        return gateway.authenticate(
            attempt_id=attempt.id,
            provider_reference=attempt.provider_reference,
            proof=attempt.proof,
            return_url=return_url,
            request_key=attempt.request_key,
        )
    return gateway.authorize(attempt.charge(return_url=return_url))


def _found(attempt: Attempt, answer: Unknown, now: datetime) -> AuthorizeResult:
    """Return what the provider's books say of an attempt; give it up where they say nothing for long enough.

    Only then all its books are looked through: a busy shop's fill hundreds of pages.
    """
    gateway = gateway_at(attempt.account)
    give_back_connection()
    if attempt.provider_reference:
        return gateway.look_up_payment(attempt.provider_reference)
    since = attempt.submitted_at - CLOCKS_APART
    found = gateway.find_payment(attempt.id, since=since, is_thorough=False)
    if found is None:
        if not answer.is_final or not _is_missing_too_long(attempt, now):
            return answer
        found = _looked_for(attempt, now)
        if found is None:
            return _given_up(attempt, "never_paid", "The payment provider could not carry it out.")
    if isinstance(found, Unknown) and found.provider_reference and _is_missing_too_long(attempt, now):
        return _canceled(attempt, found.provider_reference)
    return found


def _looked_for(attempt: Attempt, now: datetime) -> AuthorizeResult | None:
    """Look through all that the provider was paid while an attempt's key was sent, and keep how far that came.

    Returns None where the attempt is nowhere in it; what may still appear there is looked through anew each time.
    """
    gateway, row = gateway_at(attempt.account), PaymentAttempt.objects.filter(pk=attempt.id)
    begin = row.values_list("looked_until", flat=True).get() or attempt.submitted_at - CLOCKS_APART
    end = min(now, attempt.submitted_at + RESEND_FOR) + CLOCKS_APART
    deadline = time.monotonic() + LOOKING_FOR
    while begin < end:
        until = begin + LOOKED_THROUGH_AT_ONCE
        give_back_connection()
        found = gateway.find_payment(attempt.id, since=begin, until=until)
        if found is not None:
            return found
        if until <= now - CLOCKS_APART:
            row.update(looked_until=until)
        if time.monotonic() > deadline and until < end:
            return Unknown("its books are being looked through")
        begin = until
    return None


def _is_missing_too_long(attempt: Attempt, now: datetime) -> bool:
    """Note since when nothing has come of an attempt, and say whether that is too long."""
    row = PaymentAttempt.objects.filter(pk=attempt.id)
    row.update(missing_since=Coalesce(F("missing_since"), now))
    since = row.values_list("missing_since", flat=True).get() or now
    is_forgotten = now - attempt.submitted_at > RESEND_FOR
    return is_forgotten or now - since >= timedelta(minutes=settings.PAYMENT_UNKNOWN_MINUTES)


def _given_up(attempt: Attempt, code: str, message: str) -> Refused:
    logger.warning("an attempt of which nothing came is given up", extra={"attempt": attempt.id, "code": code})
    return Refused(code, message)


def _canceled(attempt: Attempt, provider_reference: str) -> AuthorizeResult:
    """End a payment at the provider that was begun there and goes no further; it may be faster."""
    gateway = gateway_at(attempt.account)
    match gateway.void(attempt_id=attempt.id, provider_reference=provider_reference):
        case Voided():
            return _given_up(attempt, "unfinished", "The payment provider could not finish it.")
        case AlreadyCaptured():
            return gateway.look_up_payment(provider_reference)
        case Refused(code=code):
            return Unknown(f"cancellation refused: {code}")
        case Unknown() as unknown:
            return unknown
