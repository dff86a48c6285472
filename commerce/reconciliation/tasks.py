from __future__ import annotations

import logging
from datetime import datetime, timedelta

from commerce import clock
from commerce.celery import app
from commerce.inbox.provider_events import accounts_to_look_through
from commerce.payments.gateway import ProviderUnreachableError
from commerce.reconciliation.services import compare_account

logger = logging.getLogger(__name__)

LATELY = timedelta(hours=3)
THOROUGHLY = timedelta(days=3)
AT_A_TIME = timedelta(hours=6)
UNTIL_NEXT_HOUR, UNTIL_NEXT_NIGHT = 3600, 20 * 3600
"""In how many seconds a comparison that nobody has begun is void."""


@app.task
def compare_lately(**_: object) -> None:
    """Have the last hours of every account compared; what overlaps is compared again."""
    now = clock.now()
    for account_id in (None, *accounts_to_look_through(now=now)):
        wanted = {"account_id": account_id, "since": (now - LATELY).isoformat(), "until": None}
        compare_slice.apply_async(kwargs=wanted, expires=UNTIL_NEXT_HOUR)


@app.task
def compare_thoroughly(**_: object) -> None:
    """Have the last days of every account compared, a few hours at a time."""
    now = clock.now()
    for account_id in (None, *accounts_to_look_through(now=now)):
        for start in range(THOROUGHLY // AT_A_TIME):
            since = now - THOROUGHLY + start * AT_A_TIME
            until = since + AT_A_TIME
            wanted = {"account_id": account_id, "since": since.isoformat(), "until": until.isoformat()}
            compare_slice.apply_async(kwargs=wanted, expires=UNTIL_NEXT_NIGHT)


# Longer than other tasks may take: a busy account has many pages. Shorter than the broker waits for an answer.
@app.task(soft_time_limit=200, time_limit=240)
def compare_slice(account_id: str | None, since: str, until: str | None, **_: object) -> None:
    try:
        comparison = compare_account(
            account_id,
            since=datetime.fromisoformat(since),
            until=datetime.fromisoformat(until) if until else None,
            now=clock.now(),
        )
    except ProviderUnreachableError as problem:
        logger.warning("an account cannot be compared: %s", problem, extra={"account": account_id})
        return
    for row in comparison.new:
        logger.error("the provider's books differ: %s", row, extra={"difference": row.pk, "account": account_id})
