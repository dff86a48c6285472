from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from commerce.outbox.models import OutboxEvent
from commerce.outbox.nudge import nudge
from commerce.statements import Write, write


def event_write(topic: str, *, key: str, now: datetime, payload: Mapping[str, Any] | None = None) -> Write:
    """Return the write that records an event for each subscriber of its topic.

    Belongs into the transaction of the change it tells of; call `announce` there too.
    """
    return Write(
        f"outbox_{topic.replace('.', '_')}",
        f"""
        INSERT INTO outbox_outboxevent
            (topic, subscriber, key, payload, status, tries, due_at, last_error, created_at)
        SELECT '{topic}', unnest(%s::varchar[]), %s, %s::jsonb, 'pending', 0, moment, '', moment
        FROM (SELECT %s::timestamptz AS moment) at
        """,
        [settings.OUTBOX_SUBSCRIBERS[topic], key, orjson.dumps(payload or {}).decode(), now],
    )


def announce() -> None:
    """Wake the relay once the transaction is committed. A hint: without it the clock finds the rows."""
    transaction.on_commit(partial(nudge.send), robust=True)


def record_event(topic: str, *, key: str, now: datetime, payload: Mapping[str, Any] | None = None) -> None:
    """Record an event in the open transaction and wake the relay after it."""
    write(event_write(topic, key=key, now=now, payload=payload))
    announce()


def replay_dead(*, now: datetime, only: Collection[int] | None = None) -> int:
    """Make events that were given up due again: all of them, or `only` those. Returns how many."""
    dead = OutboxEvent.objects.filter(status=OutboxEvent.Status.DEAD)
    if only is not None:
        dead = dead.filter(pk__in=only)
    revived = dead.update(status=OutboxEvent.Status.PENDING, tries=0, due_at=now)
    if revived:
        announce()
    return revived
