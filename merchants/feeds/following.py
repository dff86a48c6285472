"""Notices that the catalog has changed, and has feeds follow: soon, but not for every change by itself.

Triggers write down what changes. Taken together every few seconds, changed products are compared with what feeds
say of them; where a feed is fetched it is built again, at most so often as it says, and where it is pushed the
products are sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction

from merchants.feeds.drift import note_changed
from merchants.feeds.marking import mark_everything, mark_products, request_push
from merchants.feeds.models import Feed, FeedBuild
from merchants.feeds.scheduling import request_build

BATCH = 5000
COMPARED_AT_ONCE = 200
"""Of more products than these it is not asked what differs: the feed is built or sent anew as a whole."""

QUIET = timedelta(seconds=5)


def follow_changes(*, now: datetime) -> int:
    """Have the feeds of merchants whose catalogs have changed follow. Returns how many changes there were."""
    count = 0
    while taken := _follow_some(now):
        count += taken
    while _follow_sales(now):
        pass
    _send_what_waits(now)
    return count


@transaction.atomic
def _follow_some(now: datetime) -> int:
    """Take some changes and have feeds follow, both or neither."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [BATCH])
        changes = cursor.fetchall()
    changed: defaultdict[str, set[str]] = defaultdict(set)
    for merchant_id, product_id in changes:
        changed[merchant_id].add(product_id)
    feeds = Feed.objects.filter(merchant__in=changed, is_active=True).select_related("agent", "build")
    for feed in feeds.order_by("pk"):
        _follow(feed, changed[feed.merchant_id], now)
    return len(changes)


_TAKE = """
    WITH taken AS MATERIALIZED (
        SELECT id FROM feeds_catalogchange ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    DELETE FROM feeds_catalogchange c USING taken WHERE c.id = taken.id
    RETURNING merchant_id, product_id
"""


def _follow(feed: Feed, product_ids: Collection[str], now: datetime) -> None:
    """Have a feed follow the change of some products, or of everything where one of them has no name."""
    is_everything = "" in product_ids
    has_said_anything = feed.build is not None or feed.remote_id
    if has_said_anything and not is_everything and len(product_ids) <= COMPARED_AT_ONCE:
        note_changed(feed, product_ids, now=now)
    if not feed.is_pushed:
        request_build(feed, at=_next_build(feed, now), cause=FeedBuild.Cause.CHANGE)
        return
    if is_everything:
        mark_everything(feed, now=now)
    else:
        mark_products(feed, product_ids, now=now)
    request_push(feed, now=now)


def _next_build(feed: Feed, now: datetime) -> datetime:
    """Return when a feed may be built next: once it is quiet, and its pause is over."""
    soon = now + QUIET
    if feed.build is None:
        return soon
    return max(soon, feed.build.started_at + timedelta(minutes=feed.pause_minutes))


@transaction.atomic
def _follow_sales(now: datetime) -> bool:
    """Have products sent whose price changes by itself: a sale has begun or ended. Returns whether there were any.

    Each such moment is taken once. Whatever comes of the sending, only what is recorded afterwards names another;
    marked over and over, a product that is refused would be sent again each time, and what waits for a platform to
    answer would go under another idempotency key.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_SALES, [now, BATCH])
        changing = cursor.fetchall()
    found: defaultdict[str, set[str]] = defaultdict(set)
    for feed_id, product_id in changing:
        found[feed_id].add(product_id)
    for feed in Feed.objects.filter(pk__in=found).order_by("pk"):
        mark_products(feed, found[feed.pk], now=now)
    return bool(changing)


_TAKE_SALES = """
    WITH due AS MATERIALIZED (
        SELECT t.id FROM feeds_publisheditem t JOIN feeds_feed f ON f.id = t.feed_id
        WHERE t.changes_at <= %s AND f.is_active AND f.push_url <> ''
        ORDER BY t.changes_at LIMIT %s FOR UPDATE OF t SKIP LOCKED)
    UPDATE feeds_publisheditem i SET changes_at = NULL FROM due WHERE i.id = due.id
    RETURNING feed_id, product_id
"""


def _send_what_waits(now: datetime) -> None:
    """See to it that an event stands for whatever waits: one may have been lost or given up."""
    waiting = Feed.objects.filter(is_active=True, push_products__marked_at__isnull=False).exclude(push_url="")
    for feed in waiting.distinct().order_by("pk"):
        with transaction.atomic():
            request_push(feed, now=now)
