from __future__ import annotations

from commerce import clock
from commerce.celery import app
from commerce.errors import BusyError
from merchants.feeds import following, forgetting, nightly, scheduling, services

LONG_SECONDS = 3600
"""A large catalog takes minutes. Who else is given the same feed meanwhile finds it leased."""


@app.task
def follow_changes(**_: object) -> None:
    following.follow_changes(now=clock.now())


@app.task
def build_due(**_: object) -> None:
    for feed_id in scheduling.due_feeds(now=clock.now()):
        build_feed.apply_async(kwargs={"feed_id": feed_id}, expires=60)


@app.task(time_limit=LONG_SECONDS, soft_time_limit=LONG_SECONDS - 60)
def build_feed(*, feed_id: str, **_: object) -> None:
    try:
        services.build_feed(feed_id, now=clock.now())
    except BusyError:
        pass  # another process is at work on it


@app.task
def check_all(**_: object) -> None:
    for feed_id in nightly.feeds_to_check():
        check_feed.apply_async(kwargs={"feed_id": feed_id}, expires=LONG_SECONDS)


@app.task(time_limit=LONG_SECONDS, soft_time_limit=LONG_SECONDS - 60)
def check_feed(*, feed_id: str, **_: object) -> None:
    nightly.check_nightly(feed_id, now=clock.now())


@app.task(time_limit=LONG_SECONDS, soft_time_limit=LONG_SECONDS - 60)
def forget_old_builds(**_: object) -> None:
    forgetting.clean_up(now=clock.now())
