"""What time it is, by the database's clock: all processes and machines go by one, however wrong their own is.

Due times, leases, expiry and signatures are compared by other processes than wrote them. A process compares its
clock with the database's when it connects, at most once a minute, and corrects what it says from then on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from psycopg_pool import PoolTimeout

logger = logging.getLogger(__name__)

COMPARED_EVERY = 60.0
"""Seconds."""

TOLERATED = timedelta(seconds=2)
"""What is not worth a word: synchronised clocks differ less, and no lease is so short that it matters."""

ANSWERED_WITHIN = 1.0
"""Seconds. An answer that took longer does not say what time it was when it arrived."""


class _Comparison:
    """How far the database's clock is ahead of this process's, and when that was found out."""

    ahead = timedelta()
    next_at: float | None = None


def now() -> datetime:
    """Return the time by the database's clock, as far as this process knows it."""
    return timezone.now() + _Comparison.ahead  # noqa: TID251 - here it is made of it


def is_right() -> bool:
    """Say whether this process's own clock agreed with the database's when they were compared last."""
    return not _Comparison.ahead


def set_early() -> None:
    """Compare the clocks ahead of a process's first request or task, where the database answers by then."""
    if _Comparison.next_at is None and connection.connection is None:
        try:
            connection.ensure_connection()
        except (DatabaseError, PoolTimeout):
            logger.warning("the database does not answer; until it does, this machine's clock is gone by")
        finally:
            connection.close()


class ClockMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        set_early()
        return self._get_response(request)


def compare(ask: Callable[[], datetime]) -> None:
    """Compare the clocks, unless that was done less than a minute ago. `ask` returns the database's time."""
    began = time.monotonic()
    if _Comparison.next_at is not None and began < _Comparison.next_at:
        return
    before, theirs = datetime.now(tz=UTC), ask()
    took = time.monotonic() - began
    if took > ANSWERED_WITHIN:
        return
    _Comparison.next_at = began + COMPARED_EVERY
    ahead = theirs - before - timedelta(seconds=took / 2)
    was_right, _Comparison.ahead = is_right(), ahead if abs(ahead) > TOLERATED else timedelta()
    if not is_right():
        logger.error(
            "this machine's clock is wrong; the database's is gone by",
            extra={"seconds_ahead": -round(ahead.total_seconds(), 1)},
        )
    elif not was_right:
        logger.warning("this machine's clock is right again")
