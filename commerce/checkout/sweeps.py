"""What the clock does for checkouts: takes up what was interrupted, gives back what was forgotten."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import wait
from datetime import datetime
from functools import partial

from django.db import connections, transaction

from commerce import clock
from commerce.checkout.challenges import settle_challenge
from commerce.checkout.complete import resume
from commerce.discounts.services import release_uses
from commerce.errors import UnavailableError
from commerce.inventory.selectors import overdue_references
from commerce.inventory.services import release
from commerce.outbox.threads import lanes
from commerce.payments.selectors import live_references
from commerce.payments.services import challenged, interrupted

logger = logging.getLogger(__name__)


PATIENCE_SECONDS = 2.0
"""How long the clock's task waits for what it has handed over; what takes longer goes on behind it."""


def take_up_interrupted() -> None:
    """Have every attempt taken up that nobody is at work on, in the threads that ask others.

    While the provider hangs the workers' processes stay free, to tell buyers and agents what else happens.
    """
    _hand_over(interrupted, _resume)


def take_up_challenges() -> None:
    """Have the provider asked what became of every payment that waits for its buyer, in those threads too."""
    _hand_over(challenged, _settle)


def _hand_over(find: Callable[..., list[str]], handle: Callable[..., bool]) -> None:
    lane = lanes().asking
    with lane.taking:
        room = lane.room()
        ids = find(now=clock.now(), limit=room) if room > 0 else []
        running = lane.hand_over(partial(_in_thread, handle), ids)
    wait(running, PATIENCE_SECONDS)


def _in_thread(handle: Callable[..., bool], attempt_id: str) -> bool:
    try:
        return handle(attempt_id, now=clock.now())
    finally:
        connections.close_all()


def resume_interrupted(*, now: datetime) -> int:
    """Take up every attempt that nobody is at work on, one after the other. Returns how many came to an end."""
    return sum(_resume(attempt_id, now=now) for attempt_id in interrupted(now=now))


def look_after_challenges(*, now: datetime) -> None:
    """Ask what became of every payment that waits for its buyer, and give up those whose time has run out."""
    for attempt_id in challenged(now=now):
        _settle(attempt_id, now=now)


def _resume(attempt_id: str, *, now: datetime) -> bool:
    try:
        return resume(attempt_id, now=now) is not None
    except UnavailableError:
        logger.warning("the payment provider still does not answer", extra={"attempt": attempt_id})
    except Exception:
        logger.exception("an interrupted attempt could not be taken up", extra={"attempt": attempt_id})
    return False


def _settle(attempt_id: str, *, now: datetime) -> bool:
    try:
        settle_challenge(attempt_id, now=now)
    except UnavailableError:
        logger.warning("the payment provider does not answer", extra={"attempt": attempt_id})
    except Exception:
        logger.exception("a challenge could not be looked after", extra={"attempt": attempt_id})
    else:
        return True
    return False


def release_reservations(*, now: datetime) -> int:
    """Give back units whose reservation has run out, unless a payment that needs them is still live.

    An attempt whose outcome is unknown keeps its stock: it may yet turn out to be paid.
    """
    overdue = overdue_references(now=now)
    forgotten = overdue - live_references(overdue)
    for reference in sorted(forgotten):
        with transaction.atomic():
            release_uses(reference)
            release(reference)
    return len(forgotten)
