"""Sends what is due: claimed with SKIP LOCKED, head of each order's line only, several at a time."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, connections
from django.utils import timezone

from agents.webhooks.models import Delivery
from agents.webhooks.sending import Answer, post
from agents.webhooks.signing import SealedSecrets, signed_headers
from commerce.outbox.threads import in_threads
from commerce.statements import Write, write

logger = logging.getLogger(__name__)

BATCH = 64
LEASE = timedelta(seconds=60)
RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The pause after each failed try, with up to a fifth more or less: about three days in all."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that this process holds until its lease ends."""

    id: str
    order_id: str
    kind: str
    tries: int
    url: str
    body: bytes
    secrets: SealedSecrets


def deliver_due(*, batches: int = 50) -> int:
    """Send what is due until there is nothing, or `batches` were sent. Returns how many were delivered."""
    delivered = 0
    for _ in range(batches):
        due = claim(now=timezone.now(), limit=BATCH)
        if not due:
            break
        delivered += sum(in_threads(_deliver, due))
    return delivered


def claim(*, now: datetime, limit: int) -> list[Due]:
    """Take the first undelivered entry of each order that is due, for the length of a lease."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now + LEASE, now, limit])
        return [Due(*row[:6], secrets=SealedSecrets(*row[6:])) for row in cursor.fetchall()]


_CLAIM = """
    UPDATE webhooks_delivery d SET due_at = %s, tries = d.tries + 1
    FROM webhooks_endpoint e
    WHERE e.id = d.endpoint_id AND d.id IN (
        SELECT head.id FROM webhooks_delivery head
        WHERE head.status = 'pending' AND head.due_at <= %s
          AND NOT EXISTS (
              SELECT 1 FROM webhooks_delivery earlier
              WHERE earlier.endpoint_id = head.endpoint_id AND earlier.order_id = head.order_id
                AND earlier.sequence < head.sequence AND earlier.status = 'pending')
        ORDER BY head.due_at, head.id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    RETURNING d.id, d.order_id, d.kind, d.tries, e.url, d.body,
              e.sealed_secret, e.sealed_planned_secret, e.planned_secret_at
"""


def _deliver(due: Due) -> bool:
    try:
        answer = _post(due, now=timezone.now())
        _record(due, answer, now=timezone.now())
    except Exception:
        logger.exception("a delivery failed", extra={"delivery": due.id})
        return False
    finally:
        connections.close_all()
    return answer.is_success


def _post(due: Due, *, now: datetime) -> Answer:
    headers = signed_headers(due.body, request_id=due.id, secrets=due.secrets.unsealed(now=now), now=now)
    return post(due.url, body=due.body, headers=headers)


def _record(due: Due, answer: Answer, *, now: datetime) -> None:
    """Keep what came of a try, and what is to become of the delivery."""
    status, due_at, delivered_at = Delivery.Status.PENDING, now, None
    if answer.is_success:
        status, delivered_at = Delivery.Status.DELIVERED, now
    elif due.tries > len(RETRY_SECONDS):
        status = Delivery.Status.DEAD
        logger.error("a delivery was given up", extra={"delivery": due.id})
    else:
        pause = RETRY_SECONDS[due.tries - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret
        due_at = now + timedelta(seconds=pause)
    write(
        Write(
            "attempt",
            """
            INSERT INTO webhooks_deliveryattempt (delivery_id, number, status, error, milliseconds, attempted_at)
            VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (delivery_id, number) DO NOTHING
            """,
            [due.id, due.tries, answer.status, answer.error, answer.milliseconds, now],
        ),
        Write(
            "delivery",
            "UPDATE webhooks_delivery SET status = %s, due_at = %s, delivered_at = %s WHERE id = %s",
            [status, due_at, delivered_at, due.id],
        ),
    )
