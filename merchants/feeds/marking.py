"""Which products wait to be pushed, and the event that has them sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from commerce.outbox.models import OutboxEvent
from commerce.outbox.services import record_event
from merchants.feeds.models import Feed, PushProduct

TOPIC = "feed.push_due"


def mark_products(feed: Feed, product_ids: Collection[str], *, now: datetime) -> None:
    """Have some products sent soon."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [feed.pk, now, sorted(product_ids)])


def mark_everything(feed: Feed, *, now: datetime) -> None:
    """Have all products sent, those that are gone included. What the platform has already is not repeated."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK_ALL, [feed.pk, now, feed.merchant_id, feed.pk])


_MARK = """
    INSERT INTO feeds_pushproduct (feed_id, product_id, marked_at, refusal)
    SELECT %s, product_id, %s, '' FROM unnest(%s::varchar[]) AS wanted (product_id)
    ON CONFLICT (feed_id, product_id) DO UPDATE SET marked_at = excluded.marked_at
"""
_MARK_ALL = """
    INSERT INTO feeds_pushproduct (feed_id, product_id, marked_at, refusal)
    SELECT %s, product_id, %s, '' FROM (
        SELECT id AS product_id FROM catalog_product WHERE merchant_id = %s AND status = 'active'
        UNION SELECT product_id FROM feeds_publisheditem WHERE feed_id = %s) wanted
    ON CONFLICT (feed_id, product_id) DO UPDATE SET marked_at = excluded.marked_at
"""


def request_push(feed: Feed, *, now: datetime) -> None:
    """Have what waits sent through the outbox: one event, however often it is asked for. Needs a transaction."""
    is_possible = feed.is_active and feed.is_pushed and feed.sealed_push_key is not None
    if is_possible and not _pending(feed) and is_waiting(feed):
        record_event(TOPIC, key=feed.pk, now=now)


def is_waiting(feed: Feed) -> bool:
    return PushProduct.objects.filter(feed=feed, marked_at__isnull=False).exists()


def _pending(feed: Feed) -> bool:
    return OutboxEvent.objects.filter(topic=TOPIC, key=feed.pk, status=OutboxEvent.Status.PENDING).exists()
