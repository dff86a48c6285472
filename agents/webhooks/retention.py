"""What was heard long ago is not kept: the body and the tries of a delivery go, its row stays.

The row says that an entry of an order's log was told, so that it is not told again; a replay writes the body anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

BATCH = 1000


def forget_old(*, now: datetime) -> int:
    """Empty deliveries that arrived longer ago than the log is kept, the oldest first. Returns how many."""
    before = now - timedelta(days=settings.WEBHOOK_LOG_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [before, BATCH])
        return int(cursor.fetchone()[0])


_FORGET = """
    WITH old AS (
        SELECT id FROM webhooks_delivery
        WHERE status = 'delivered' AND delivered_at < %s AND body <> ''
        ORDER BY delivered_at, id LIMIT %s FOR UPDATE SKIP LOCKED
    ), tries AS (
        DELETE FROM webhooks_deliveryattempt WHERE delivery_id IN (SELECT id FROM old)
    ), emptied AS (
        UPDATE webhooks_delivery SET body = '' WHERE id IN (SELECT id FROM old) RETURNING 1
    )
    SELECT count(*) FROM emptied
"""
