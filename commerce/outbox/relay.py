"""Hands due events to their subscribers: claimed with SKIP LOCKED, handled outside any transaction.

Events of the topics in `OUTBOX_ASKING_TOPICS` have threads of their own: where the payment provider hangs, buyers
and agents still hear of what else happens. What has not ended when `drain` returns goes on behind it. Should the
process die, the lease ends and another one handles it again.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections
from django.utils.module_loading import import_string

from commerce import clock
from commerce.failpoints import failpoint
from commerce.outbox.models import OutboxEvent
from commerce.outbox.threads import lanes
from commerce.postgres.failures import replace_broken_connection

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RETRY_SECONDS = (1, 2, 5, 15, 60, 300, 900, 3600, 3600, 3600, 7200, 7200, 14400, 14400, 14400)
"""After each failure the next try; about 18 hours in all, then the event is dead until it is replayed."""

MOST_TRIES = len(RETRY_SECONDS) + 5
"""Beyond that it ended its process each time, for a failure would have been written down."""

GATHER_SECONDS = 1.0
"""How long all that was taken is waited for, so that one statement forgets many."""


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


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that is ours until then."""

    event: Event
    until: datetime


Handler = Callable[[Event], None]


def drain(*, seconds: float = 20) -> int:
    """Handle due events until there are none, taking new ones for so many seconds.

    Returns how many were handled once all have ended, or the time is over.
    """
    _make_up_for_it()
    over_at = time.monotonic() + seconds
    handled = 0
    running: dict[Future[bool], Claimed] = {}
    is_more = True
    try:
        while is_more:
            is_full = _take_all(running)
            failpoint("relay.after_claim")
            ended, _ = wait(running, GATHER_SECONDS)
            failpoint("relay.before_forget")
            handled += _forget([running.pop(future) for future in ended if future.result()])
            for future in ended:
                running.pop(future, None)
            is_more = bool(running or is_full) and time.monotonic() < over_at
    finally:
        for late, claimed in running.items():
            late.add_done_callback(partial(_forget_late, claimed))
    return handled


def _take_all(running: dict[Future[bool], Claimed]) -> bool:
    """Claim and hand over as much as there is room for; say whether there may be more."""
    is_full = False
    for lane, which in ((lanes().own, "<> ALL"), (lanes().asking, "= ANY")):
        with lane.taking:
            room = lane.room()
            claimed = claim(now=clock.now(), limit=room, which=which) if room > 0 else []
            running |= lane.hand_over(_handle, claimed)
            is_full |= len(claimed) == room > 0
    return is_full


def claim(*, now: datetime, limit: int, which: str = "<> ALL") -> list[Claimed]:
    """Take due events for the length of a lease: those that ask others ('= ANY') or all the rest ('<> ALL').

    Two relays never get the same one.
    """
    until = now + LEASE
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM[which], [now, settings.OUTBOX_ASKING_TOPICS, limit, until])
        rows = cursor.fetchall()
    return [Claimed(Event(row[0], row[1], row[2], orjson.loads(row[3]), row[4], row[5]), until) for row in rows]


_CLAIM = {
    which: f"""
    WITH due AS MATERIALIZED (
        SELECT id FROM outbox_outboxevent WHERE status = 'pending' AND due_at <= %s AND topic {which} (%s)
        ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox_outboxevent o SET due_at = %s, tries = tries + 1 FROM due WHERE o.id = due.id
    RETURNING o.id, topic, key, payload::text, tries, subscriber
    """
    for which in ("<> ALL", "= ANY")
}
"""As `id IN (SELECT ... LIMIT ...)` the planner may run the selection once for each row, and take too many."""


def _handle(claimed: Claimed) -> bool:
    """Call the event's subscriber; keep the row for later where it fails."""
    event = claimed.event
    try:
        _call_subscriber(event)
        failpoint("relay.after_handler")
    except RetryLaterError as problem:
        _put_off(claimed, str(problem), after=problem.after)
        return False
    except Exception as problem:
        logger.exception("outbox handler failed", extra={"event": event.id, "subscriber": event.subscriber})
        _put_off(claimed, f"{type(problem).__name__}: {problem}")
        return False
    finally:
        connections.close_all()
    return True


def _call_subscriber(event: Event) -> None:
    if event.tries > MOST_TRIES:
        raise RuntimeError("its process ended whenever it was handled")
    handler: Handler = import_string(event.subscriber)
    handler(event)


def _put_off(claimed: Claimed, reason: str, *, after: timedelta = timedelta()) -> None:
    """Keep an event for later; what cannot be written is made up for."""
    replace_broken_connection()
    try:
        _write_down(claimed, reason, after)
    except (OperationalError, InterfaceError):
        _arrears.append((claimed, False))


def _write_down(claimed: Claimed, reason: str, after: timedelta) -> None:
    """Say when an event is tried again. Of one that another relay has taken since, nothing is said."""
    event = claimed.event
    is_over = event.tries > len(RETRY_SECONDS)
    wait_for = timedelta(seconds=RETRY_SECONDS[min(event.tries, len(RETRY_SECONDS)) - 1])
    written = OutboxEvent.objects.filter(pk=event.id, due_at=claimed.until).update(
        status=OutboxEvent.Status.DEAD if is_over else OutboxEvent.Status.PENDING,
        due_at=clock.now() + max(wait_for, after),
        last_error=reason[:2000],
    )
    if is_over and written:
        logger.error("an event was given up: %s", reason, extra={"event": event.id, "topic": event.topic})


def _forget(done: Collection[Claimed]) -> int:
    """Delete what was handled, and return how much that is."""
    if done:
        try:
            OutboxEvent.objects.filter(pk__in=[one.event.id for one in done]).delete()
        except (OperationalError, InterfaceError):
            _arrears.extend((one, True) for one in done)
            raise
    return len(done)


def _forget_late(claimed: Claimed, ended: Future[bool]) -> None:
    """Forget what ended behind the task that took it."""
    try:
        _forget([claimed] if ended.result() else [])
    except (OperationalError, InterfaceError):
        logger.warning("an event is forgotten later", extra={"event": claimed.event.id})
    finally:
        connections.close_all()


_arrears: deque[tuple[Claimed, bool]] = deque()
"""What this process could not write while the database was away, and whether it is done. Else it would be due
only when its lease ends."""


def _make_up_for_it() -> None:
    while _arrears:
        claimed, is_done = _arrears.popleft()
        held = OutboxEvent.objects.filter(pk=claimed.event.id, due_at=claimed.until)
        try:
            if is_done:
                held.delete()
            else:
                held.update(due_at=clock.now())
        except (OperationalError, InterfaceError):
            _arrears.append((claimed, is_done))
            raise
