from __future__ import annotations

import logging

from commerce import clock
from commerce.celery import app
from commerce.inbox import provider_events
from commerce.payments.gateway import ProviderUnreachableError

logger = logging.getLogger(__name__)


# Longer than other tasks may take: a busy account has many pages. Shorter than the broker waits for an answer.
SOFT_SECONDS, SECONDS = 200, 240


@app.task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def fetch_missed_provider_events(**_: object) -> None:
    """Look through the installation's account, and have each merchant's own looked through beside it."""
    for account_id in provider_events.accounts_to_look_through(now=clock.now()):
        fetch_missed_events_of.apply_async(kwargs={"account_id": account_id}, expires=3600)
    _fetch(None)


@app.task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def fetch_missed_events_of(account_id: str, **_: object) -> None:
    _fetch(account_id)


def _fetch(account_id: str | None) -> None:
    try:
        provider_events.fetch_missed(now=clock.now(), account_id=account_id)
    except ProviderUnreachableError as problem:
        logger.warning("the provider's events cannot be read: %s", problem, extra={"account": account_id})


@app.task
def forget_old_provider_events(**_: object) -> None:
    provider_events.forget_old(now=clock.now())
