"""Keeps what came of a try and decides what follows: for the delivery, and for its endpoint."""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

import orjson

from agents.webhooks.claiming import Due
from agents.webhooks.models import Delivery
from commerce.outgoing.retrying import requested_pause
from commerce.outgoing.sending import Answer
from commerce.statements import Write, write

logger = logging.getLogger(__name__)

RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The pause after each failed try, with up to a fifth more or less: about three days in all."""

FAILURES_TO_OPEN = 5
"""So many failures in a row open an endpoint's circuit: for 30 s, and twice as long after each failed probe."""

FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 30, 900

ONLY_FAILURES_FOR = timedelta(days=5)
"""An endpoint that did nothing but fail for so long is switched off."""

SLOW_MILLISECONDS = 3000
GONE = 410


def record(due: Due, answer: Answer, *, now: datetime) -> None:
    """Record a try, the delivery's next step and the endpoint's standing in one statement.

    Where somebody else holds the delivery meanwhile, its state is left to them.
    """
    reason = _reason_to_disable(due, answer, now=now)
    standing = _disabled(due, reason, now=now) if reason else _standing(due, answer, now=now)
    counts = write(
        _attempt(due, answer, now=now),
        _kept(due, now=now) if reason else _delivery(due, answer, now=now),
        standing,
    )
    if reason and counts["endpoint"]:
        logger.error("an endpoint was switched off: %s", reason, extra={"endpoint": due.endpoint_id})


def _attempt(due: Due, answer: Answer, *, now: datetime) -> Write:
    return Write(
        "attempt",
        """
        INSERT INTO webhooks_deliveryattempt
            (delivery_id, number, status, error, milliseconds, attempted_at,
             address, sent_headers, answer_headers, answer)
        SELECT %s, 1 + coalesce(max(number), 0), %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s
        FROM webhooks_deliveryattempt WHERE delivery_id = %s
        ON CONFLICT (delivery_id, number) DO NOTHING
        """,
        [
            due.id,
            answer.status,
            answer.error,
            answer.milliseconds,
            now,
            answer.address,
            orjson.dumps(answer.sent).decode(),
            orjson.dumps(answer.headers).decode(),
            answer.text,
            due.id,
        ],
    )


def _delivery(due: Due, answer: Answer, *, now: datetime) -> Write:
    if answer.is_success:
        return _become(due, Delivery.Status.DELIVERED, due_at=now, delivered_at=now)
    if due.tries > len(RETRY_SECONDS):
        logger.error("a delivery was given up", extra={"delivery": due.id})
        return _become(due, Delivery.Status.DEAD, due_at=now)
    pause = timedelta(seconds=RETRY_SECONDS[due.tries - 1] * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
    return _become(due, Delivery.Status.PENDING, due_at=now + max(pause, requested_pause(answer, now=now)))


def _become(due: Due, status: Delivery.Status, *, due_at: datetime, delivered_at: datetime | None = None) -> Write:
    return Write(
        "delivery",
        """
        UPDATE webhooks_delivery SET status = %s, due_at = %s, delivered_at = %s, leased_until = NULL
        WHERE id = %s AND leased_until = %s
        """,
        [status, due_at, delivered_at, due.id, due.leased_until],
    )


def _kept(due: Due, *, now: datetime) -> Write:
    """Leave a delivery as if it had not been tried, for the day its endpoint is switched on again."""
    return Write(
        "delivery",
        """
        UPDATE webhooks_delivery SET due_at = %s, leased_until = NULL, tries = greatest(tries - 1, 0)
        WHERE id = %s AND leased_until = %s
        """,
        [now, due.id, due.leased_until],
    )


def _reason_to_disable(due: Due, answer: Answer, *, now: datetime) -> str:
    if answer.status == GONE:
        return "it answered 410 Gone"
    has_failed_long = due.failing_since is not None and now - due.failing_since >= ONLY_FAILURES_FOR
    if has_failed_long and not answer.is_success:
        return f"nothing but failures for {ONLY_FAILURES_FOR.days} days"
    return ""


def _disabled(due: Due, reason: str, *, now: datetime) -> Write:
    return Write(
        "endpoint",
        """
        UPDATE webhooks_endpoint SET is_active = false, disabled_at = %s, disabled_reason = %s
        WHERE id = %s AND is_active
        """,
        [now, reason, due.endpoint_id],
    )


def _standing(due: Due, answer: Answer, *, now: datetime) -> Write:
    """Note how the endpoint does. A healthy one that answers in time is not written."""
    is_slow = answer.milliseconds > SLOW_MILLISECONDS
    if answer.is_success:
        return Write("endpoint", _HEARD, [is_slow, now, due.endpoint_id, is_slow, now])
    has_limits = answer.status in (429, 503)
    rest_until = now + requested_pause(answer, now=now) if has_limits else None
    return Write("endpoint", _FAILED, [now, is_slow, now, rest_until, rest_until, due.endpoint_id, now])


_HEARD = """
    UPDATE webhooks_endpoint SET failures = 0, failing_since = NULL, is_slow = %s,
        open_until = CASE WHEN open_until > %s THEN open_until END
    WHERE id = %s AND (failures > 0 OR is_slow <> %s OR open_until <= %s)
"""

# What was under way when the circuit opened says nothing new when it fails, too.
_FAILED = f"""
    UPDATE webhooks_endpoint SET failures = failures + 1, failing_since = coalesce(failing_since, %s),
        is_slow = %s,
        open_until = CASE WHEN failures + 1 >= {FAILURES_TO_OPEN}
            THEN greatest(%s + interval '1 second' * least({LONGEST_REST_SECONDS},
                     {FIRST_REST_SECONDS} * 2 ^ least(failures + 1 - {FAILURES_TO_OPEN}, 10)), %s)
            ELSE greatest(open_until, %s) END
    WHERE id = %s AND (open_until IS NULL OR open_until <= %s)
"""
