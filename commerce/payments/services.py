"""Payment attempts: written before the provider is asked, settled by its answer, captured afterwards.

Whoever changes an attempt holds the row of what it pays for, or is the only one who may: capture and void
come after the order and guard themselves by the attempt's status.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from commerce import sealing
from commerce.outbox.services import record_event
from commerce.payments.authentication import AuthenticationResult, Proof, decode, encode
from commerce.payments.connections import AccountRef, latest
from commerce.payments.gateway import Authorized, Charge
from commerce.payments.models import ATTEMPT_TRANSITIONS, PaymentAttempt
from commerce.statements import Write

logger = logging.getLogger(__name__)

# Card networks keep a customer's authorization seven days (docs.stripe.com, "Place a hold on a payment method").
AUTHORIZATION_DAYS = 7
# A parameter, so that an attempt is found by its id and never through the index of what is interrupted.
_SUBMITTING = "submitting"
_CHALLENGED = "challenged"

CHALLENGE_PAUSE = timedelta(seconds=20)
"""How long nobody asks the provider whether a buyer has authenticated, unless somebody tells."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as a worker holds it. The token and a proof are in clear in memory only.

    With a `provider_reference` the provider has it already and waits for the proof. From the second of `tries`
    on it was asked before.
    """

    id: str
    merchant_id: str
    reference: str
    amount_minor: int
    currency: str
    is_captured_at_once: bool
    token: str
    request_key: str
    submitted_at: datetime
    provider_reference: str = ""
    authentication: str = ""
    proof: Proof | None = None
    account: AccountRef | None = None
    tries: int = 1

    def charge(self, *, return_url: str) -> Charge:
        """Say what to ask of the provider; the same for every repetition."""
        return Charge(
            attempt_id=self.id,
            amount_minor=self.amount_minor,
            currency=self.currency,
            token=self.token,
            is_captured_at_once=self.is_captured_at_once,
            return_url=return_url,
            proof=self.proof,
            metadata={"checkout_session": self.reference, "merchant": self.merchant_id},
        )


def begin_write(attempt: Attempt) -> Write:
    """Return the write of a new attempt, leased to this process, for the transaction that reserves."""
    proven = [attempt.authentication, _sealed(attempt.proof)] if attempt.proof else []
    return Write(
        "attempt",
        f"""
        INSERT INTO payments_paymentattempt (id, merchant_id, account_id, reference, amount_minor, currency,
            capture, status, request_key, token_fingerprint, sealed_token, provider_reference, decline_code,
            captured_minor, tries, leased_until, submitted_at{", authentication, sealed_proof" if proven else ""})
        VALUES (%s, %s, %s, %s, %s, %s, %s, 'submitting', %s, %s, %s, '', '', 0, 1, %s, %s
            {", %s, %s" if proven else ""})
        """,
        [
            attempt.id,
            attempt.merchant_id,
            attempt.account.id if attempt.account else None,
            attempt.reference,
            attempt.amount_minor,
            attempt.currency,
            "automatic" if attempt.is_captured_at_once else "manual",
            attempt.request_key,
            sealing.fingerprint(attempt.token),
            sealing.seal(attempt.token),
            _lease_end(attempt.submitted_at),
            attempt.submitted_at,
            *proven,
        ],
        expect=1,
    )


def challenge_write(attempt_id: str, *, provider_reference: str, until: datetime, now: datetime) -> Write:
    """Return the write that makes an attempt wait for the buyer; the provider is asked about it again soon."""
    ATTEMPT_TRANSITIONS.check(PaymentAttempt.Status.SUBMITTING, PaymentAttempt.Status.CHALLENGED)
    return Write(
        "attempt",
        """
        UPDATE payments_paymentattempt
        SET status = 'challenged', provider_reference = %s, challenged_until = %s, leased_until = %s,
            sealed_token = NULL, sealed_proof = NULL
        WHERE id = %s AND status = %s
        """,
        [provider_reference, until, now + CHALLENGE_PAUSE, attempt_id, _SUBMITTING],
        expect=1,
    )


def prove_write(attempt_id: str, *, result: AuthenticationResult, request_key: str, now: datetime) -> Write:
    """Return the write that takes up an attempt that waited for the buyer, leased to this process."""
    ATTEMPT_TRANSITIONS.check(PaymentAttempt.Status.CHALLENGED, PaymentAttempt.Status.SUBMITTING)
    return Write(
        "attempt",
        """
        UPDATE payments_paymentattempt
        SET status = 'submitting', authentication = %s, sealed_proof = %s, request_key = %s, leased_until = %s,
            tries = tries + 1
        WHERE id = %s AND status = %s
        """,
        [result.outcome, _sealed(result.proof), request_key, _lease_end(now), attempt_id, _CHALLENGED],
        expect=1,
    )


def settle_write(
    attempt_id: str,
    *,
    status: str,
    before: str = "submitting",
    now: datetime,
    provider_reference: str = "",
    decline_code: str = "",
    captured_minor: int = 0,
) -> Write:
    """Return the write that ends the uncertainty about an attempt and forgets its secrets.

    `before` is where it stands: submitting, or challenged where the buyer has authenticated on the issuer's page.
    """
    ATTEMPT_TRANSITIONS.check(before, status)
    is_passed = before == _CHALLENGED and status in ("authorized", "captured")
    return Write(
        "attempt",
        f"""
        UPDATE payments_paymentattempt
        SET status = %s, provider_reference = %s, decline_code = %s, captured_minor = %s, capture_before = %s,
            sealed_token = NULL, sealed_proof = NULL, settled_at = %s
            {", authentication = 'challenge'" if is_passed else ""}
        WHERE id = %s AND status = %s
        """,
        [
            status,
            provider_reference,
            decline_code[:60],
            captured_minor,
            now + timedelta(days=AUTHORIZATION_DAYS) if status == "authorized" else None,
            now,
            attempt_id,
            before,
        ],
        expect=1,
    )


def take_over(attempt_id: str, *, now: datetime) -> Attempt | None:
    """Lease an unsettled attempt that nobody is at work on; None where somebody is, or where it is settled."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, [_lease_end(now), attempt_id, _SUBMITTING, now])
        row = cursor.fetchone()
    if row is None:
        return None
    return Attempt(
        id=row[0],
        merchant_id=row[1],
        reference=row[2],
        amount_minor=row[3],
        currency=row[4],
        is_captured_at_once=row[5] == "automatic",
        request_key=row[6],
        submitted_at=row[7],
        token=sealing.unseal(row[8]) if row[8] else "",
        provider_reference=row[9],
        authentication=row[10],
        proof=decode(sealing.unseal(row[11])) if row[11] else None,
        account=latest(row[12]),
        tries=row[13],
    )


def attempt_from(row: PaymentAttempt) -> Attempt:
    """Return an attempt that needs no secret any more."""
    return Attempt(
        id=row.pk,
        merchant_id=row.merchant_id,
        reference=row.reference,
        amount_minor=row.amount_minor,
        currency=row.currency,
        is_captured_at_once=row.capture == "automatic",
        token="",
        request_key=row.request_key,
        submitted_at=row.submitted_at,
        provider_reference=row.provider_reference,
        authentication=row.authentication,
        account=latest(row.account_id),
    )


_TAKE_OVER = """
    UPDATE payments_paymentattempt SET leased_until = %s, tries = tries + 1
    WHERE id = %s AND status = %s AND leased_until < %s
    RETURNING id, merchant_id, reference, amount_minor, currency, capture, request_key, submitted_at, sealed_token,
        provider_reference, authentication, sealed_proof, account_id, tries
"""


def put_off(attempt_id: str, *, now: datetime) -> int:
    """End the lease of an attempt whose outcome is unknown, so that it is asked about soon: in how many
    seconds. The pause grows with each try, up to five minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_paymentattempt"
            " SET leased_until = %s + make_interval(secs => least(power(2, least(tries, 9)), 300))"
            " WHERE id = %s AND status = %s RETURNING least(power(2, least(tries, 9)), 300)::int",
            [now, attempt_id, _SUBMITTING],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 1


def interrupted(*, now: datetime, limit: int = 100) -> list[str]:
    """Return the ids of unsettled attempts that nobody is at work on, the oldest first."""
    attempts = PaymentAttempt.objects.filter(status=PaymentAttempt.Status.SUBMITTING, leased_until__lt=now)
    return list(attempts.order_by("leased_until", "pk").values_list("pk", flat=True)[:limit])


def challenged(*, now: datetime, limit: int = 100) -> list[str]:
    """Return the ids of attempts that wait for the buyer and were not asked about lately; they count as asked."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_AT, [_CHALLENGED, now, limit, now + CHALLENGE_PAUSE])
        return [row[0] for row in cursor.fetchall()]


_LOOK_AT = """
    WITH due AS MATERIALIZED (
        SELECT id FROM payments_paymentattempt WHERE status = %s AND leased_until < %s
        ORDER BY leased_until, id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE payments_paymentattempt a SET leased_until = %s FROM due WHERE a.id = due.id
    RETURNING a.id
"""


@transaction.atomic
def give_back_late(attempt_id: str, *, provider_reference: str, now: datetime) -> None:
    """Have given back what the provider holds of an attempt that was over already. May run twice."""
    late = PaymentAttempt.objects.filter(pk=attempt_id, provider_reference="")
    if late.update(provider_reference=provider_reference):
        logger.error("a payment that was given up has taken effect", extra={"attempt": attempt_id})
    record_event("payment.void_due", key=attempt_id, now=now)


def is_as_asked(result: Authorized, attempt: Attempt) -> bool:
    """Say whether what the provider holds is what was asked; log an alarm where it is not."""
    matches = result.amount_minor == attempt.amount_minor and result.currency == attempt.currency
    if not matches:
        logger.error("the provider holds another amount than asked", extra={"attempt": attempt.id})
    return matches


def _sealed(proof: Proof | None) -> bytes | None:
    return sealing.seal(encode(proof)) if proof else None


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.PAYMENT_LEASE_SECONDS)
