"""Hands due events to their subscribers: claimed with SKIP LOCKED, handled outside any transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, connections
from django.utils.module_loading import import_string

from commerce import clock
from commerce.outbox.models import OutboxEvent
from commerce.outbox.threads import in_threads

logger = logging.getLogger(__name__)

BATCH = 64
LEASE = timedelta(seconds=60)
RETRY_SECONDS = (1, 2, 5, 15, 60, 300, 900, 3600, 3600, 3600, 7200, 7200, 14400, 14400, 14400)
"""After each failure the next try; about 18 hours in all, then the event is dead until it is replayed."""


class RetryLaterError(Exception):
    """A handler cannot do its work yet and knows why; tried again without an alarm, and not before `after`."""

    def __init__(self, reason: str, *, after: timedelta = timedelta()) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True, slots=True)
class Event:
    """What a subscriber is told. It may be told the same twice."""

    id: int
    topic: str
    key: str
    payload: dict[str, Any]
    tries: int
    subscriber: str


Handler = Callable[[Event], None]


def drain(*, batches: int = 50) -> int:
    """Handle due events until there are none, or `batches` were done. Returns how many were handled."""
    handled = 0
    for _ in range(batches):
        events = claim(now=clock.now(), limit=BATCH)
        handled += _handle_all(events) if events else 0
        if len(events) < BATCH:
            break
    return handled


def claim(*, now: datetime, limit: int) -> list[Event]:
    """Take due events for the length of a lease. Two relays never get the same one."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now + LEASE, now, limit])
        rows = cursor.fetchall()
    return [Event(row[0], row[1], row[2], orjson.loads(row[3]), row[4], row[5]) for row in rows]


_CLAIM = """
    UPDATE outbox_outboxevent SET due_at = %s, tries = tries + 1
    WHERE id IN (
        SELECT id FROM outbox_outboxevent WHERE status = 'pending' AND due_at <= %s
        ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    RETURNING id, topic, key, payload::text, tries, subscriber
"""


def _handle_all(events: Sequence[Event]) -> int:
    outcomes = in_threads(_handle, events)
    done = [event for event, succeeded in zip(events, outcomes, strict=True) if succeeded]
    OutboxEvent.objects.filter(pk__in=[event.id for event in done]).delete()
    return len(done)


def _handle(event: Event) -> bool:
    """Call the event's subscriber; keep the row for later where it fails."""
    try:
        handler: Handler = import_string(event.subscriber)
        handler(event)
    except RetryLaterError as problem:
        _put_off(event, str(problem), after=problem.after)
        return False
    except Exception as problem:
        logger.exception("outbox handler failed", extra={"event": event.id, "subscriber": event.subscriber})
        _put_off(event, f"{type(problem).__name__}: {problem}")
        return False
    finally:
        connections.close_all()
    return True


def _put_off(event: Event, reason: str, *, after: timedelta = timedelta()) -> None:
    is_over = event.tries > len(RETRY_SECONDS)
    if is_over:
        logger.error("an event was given up: %s", reason, extra={"event": event.id, "topic": event.topic})
    wait = timedelta(seconds=RETRY_SECONDS[min(event.tries, len(RETRY_SECONDS)) - 1])
    OutboxEvent.objects.filter(pk=event.id).update(
        status=OutboxEvent.Status.DEAD if is_over else OutboxEvent.Status.PENDING,
        due_at=clock.now() + max(wait, after),
        last_error=reason[:2000],
    )
