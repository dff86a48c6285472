"""When a feed is built next."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Min, Q

from commerce.outbox.nudge import Nudge
from merchants.feeds.models import Feed, FeedBuild, PublishedItem


def request_build(feed: Feed, *, at: datetime, cause: str) -> None:
    """Have a feed built at a time, or earlier where it is due earlier."""
    later = Q(due_at__isnull=True) | Q(due_at__gt=at)
    Feed.objects.filter(later, pk=feed.pk).update(due_at=at, due_cause=cause)


def build_soon(feed: Feed, *, now: datetime) -> None:
    """Have a feed built now because somebody asked for it, and tell the workers."""
    request_build(feed, at=now, cause=FeedBuild.Cause.ASKED)
    wake()


def wake() -> None:
    """Tell the workers that a feed is due. A hint: without it the clock finds it."""
    transaction.on_commit(partial(_nudge.send), robust=True)


_nudge = Nudge("merchants.feeds.tasks.build_due")


def due_feeds(*, now: datetime) -> list[str]:
    """Return the feeds that are to be built now."""
    due = Feed.objects.filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))
    due = due.filter(is_active=True, due_at__lte=now)
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:50])


def plan_for_sales(feed: Feed, *, now: datetime) -> None:
    """Have a feed built when the next sale begins or ends: dates in a feed do that nowhere by themselves."""
    items = PublishedItem.objects.filter(feed=feed, changes_at__gt=now)
    if coming := items.aggregate(at=Min("changes_at"))["at"]:
        request_build(feed, at=coming, cause=FeedBuild.Cause.SCHEDULE)
