from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet

from commerce.errors import BusyError, CommerceError
from commerce.idempotency.models import IdempotencyRecord
from commerce.postgres.failures import replace_broken_connection
from commerce.statements import Write, refuse_transaction

logger = logging.getLogger(__name__)

T = TypeVar("T")

Receipt = Callable[[T], Sequence[Write]]
"""Turns the result of an operation into the writes that keep its answer, to be sent with the work itself."""


def no_receipt(_: object) -> Sequence[Write]:
    """The receipt of callers that keep no answer."""
    return ()


class KeyConflictError(CommerceError):
    """The key was used before with another body. Permanent."""

    code = "idempotency_conflict"


class KeyInFlightError(BusyError):
    """The first request with this key is still at work."""

    code = "idempotency_in_flight"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of a key, until the lease ends. Whoever comes later than that changes nothing."""

    record_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time: an HTTP status and the bytes of the body."""

    status: int
    body: bytes


def claim(*, caller: str, path: str, key: str, fingerprint: str, now: datetime) -> Claim | Answer:
    """Claim a key, or return the answer it has already.

    One committed statement in the common case; must not run inside a transaction. A claim whose lease
    has ended without an answer belonged to a process that died and is taken over, an answer older than
    the retention is forgotten.

    Raises KeyConflictError where the body differs from the first one's, KeyInFlightError while the first
    request is at work.
    """
    refuse_transaction()
    lease = now + timedelta(seconds=settings.IDEMPOTENCY_LEASE_SECONDS)
    forget_before = now - timedelta(hours=settings.IDEMPOTENCY_RETENTION_HOURS)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [caller, path, key, fingerprint, lease, now, now, forget_before])
        if row := cursor.fetchone():
            return Claim(row[0], lease)
        cursor.execute(_LOOK, [caller, path, key])
        row = cursor.fetchone()
    if row is None:
        raise KeyInFlightError("A request with this Idempotency-Key has just ended; repeat it.")
    return _answer(*row, fingerprint=fingerprint)


_CLAIM = """
    INSERT INTO idempotency_idempotencyrecord AS r (caller, path, key, fingerprint, leased_until, created_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (caller, path, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, leased_until = excluded.leased_until,
        created_at = excluded.created_at, status = NULL, body = NULL
    WHERE (r.status IS NULL AND r.leased_until <= %s AND r.fingerprint = excluded.fingerprint)
       OR r.created_at < %s
    RETURNING r.id
"""

_LOOK = """
    SELECT fingerprint, status, body, leased_until FROM idempotency_idempotencyrecord
    WHERE caller = %s AND path = %s AND key = %s
"""


def _answer(
    stored: str, status: int | None, body: memoryview | None, _lease: datetime, *, fingerprint: str
) -> Answer:
    if stored != fingerprint:
        raise KeyConflictError("Idempotency-Key has already been used with a different request body.")
    if status is None or body is None:
        raise KeyInFlightError("A request with this Idempotency-Key is currently being processed.")
    return Answer(status, bytes(body))


def answer_write(claimed: Claim, *, status: int, body: bytes) -> Write:
    """Return the write that keeps an answer, for the transaction of the work it answers for."""
    return Write(
        "answer",
        "UPDATE idempotency_idempotencyrecord SET status = %s, body = %s"
        " WHERE id = %s AND leased_until = %s AND status IS NULL",
        [status, body, claimed.record_id, claimed.until],
    )


def keep_answer(claimed: Claim, *, status: int, body: bytes) -> None:
    """Keep an answer that no work goes with, such as a refusal."""
    _held(claimed).update(status=status, body=body)


def release(claimed: Claim, *, now: datetime) -> None:
    """Give a claim back unanswered, so that the same request can be made again at once, and no other by its key.

    Where the database is away it stays until its lease ends, and what went wrong before is told, not this.
    """
    replace_broken_connection()
    try:
        _held(claimed).update(leased_until=now)
    except (OperationalError, InterfaceError) as problem:
        logger.warning("a key is given back when its lease ends: %s", problem)


def forget(claimed: Claim) -> None:
    """Give back a claim under which nothing was begun, such as that of a request too many: as if never made."""
    _held(claimed).delete()


def _held(claimed: Claim) -> QuerySet[IdempotencyRecord]:
    return IdempotencyRecord.objects.filter(pk=claimed.record_id, leased_until=claimed.until, status__isnull=True)


def forget_old(*, now: datetime, batch: int = 5000) -> int:
    """Delete answers older than the retention, a batch at a time. Returns how many."""
    limit = now - timedelta(hours=settings.IDEMPOTENCY_RETENTION_HOURS)
    old = IdempotencyRecord.objects.filter(created_at__lt=limit).order_by("created_at").values("pk")[:batch]
    deleted, _ = IdempotencyRecord.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted
