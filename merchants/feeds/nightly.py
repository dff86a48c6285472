"""The nightly look at every feed: what it says against what is live, and whether its platform still knows it."""

from __future__ import annotations

from datetime import datetime

from merchants.feeds.drift import check_feed
from merchants.feeds.models import DriftCheck, Feed
from merchants.feeds.pushing import verify_remote


def feeds_to_check() -> list[str]:
    return list(Feed.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def check_nightly(feed_id: str, *, now: datetime) -> DriftCheck | None:
    """Compare a feed with what is live and mend it. None where it is gone or switched off meanwhile."""
    feed = Feed.objects.select_related("agent").filter(pk=feed_id, is_active=True).first()
    if feed is None:
        return None
    if feed.is_pushed:
        verify_remote(feed, now=now)
    return check_feed(feed, cause=DriftCheck.Cause.NIGHTLY, now=now)
