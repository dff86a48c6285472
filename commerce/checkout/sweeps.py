"""What the clock does for checkouts: takes up what was interrupted, gives back what was forgotten."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from commerce.checkout.challenges import settle_challenge
from commerce.checkout.complete import resume
from commerce.discounts.services import release_uses
from commerce.errors import UnavailableError
from commerce.inventory.selectors import overdue_references
from commerce.inventory.services import release
from commerce.payments.selectors import live_references
from commerce.payments.services import challenged, interrupted

logger = logging.getLogger(__name__)


def resume_interrupted(*, now: datetime) -> int:
    """Take up every attempt that nobody is at work on. Returns how many came to an end."""
    ended = 0
    for attempt_id in interrupted(now=now):
        try:
            ended += resume(attempt_id, now=now) is not None
        except UnavailableError:
            logger.warning("the payment provider still does not answer", extra={"attempt": attempt_id})
        except Exception:
            logger.exception("an interrupted attempt could not be taken up", extra={"attempt": attempt_id})
    return ended


def look_after_challenges(*, now: datetime) -> None:
    """Ask what became of every payment that waits for its buyer, and give up those whose time has run out."""
    for attempt_id in challenged(now=now):
        try:
            settle_challenge(attempt_id, now=now)
        except UnavailableError:
            logger.warning("the payment provider does not answer", extra={"attempt": attempt_id})
        except Exception:
            logger.exception("a challenge could not be looked after", extra={"attempt": attempt_id})


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
