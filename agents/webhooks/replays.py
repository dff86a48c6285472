from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from agents.acp.order_events import order_event_bodies
from agents.webhooks.models import Delivery


def replay(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    """Send deliveries again that were given up, or were delivered already. Returns how many.

    Later ones of the same order may have been heard meanwhile. So each tells the order as it is now, and
    whoever hears it last knows no less than before; the `Request-Id` stays. What is pending is sent at once, in
    the words it has. An endpoint that is switched off still gets nothing.
    """
    orders = deliveries.order_by("order_id").distinct().values_list("order_id", "order__merchant__revision")
    return sum(
        _replay_order(
            order_id, revision, list(deliveries.filter(order_id=order_id).values_list("pk", flat=True)), now
        )
        for order_id, revision in list(orders)
    )


def _replay_order(order_id: str, merchant_revision: int, deliveries: list[str], now: datetime) -> int:
    create, update = order_event_bodies(order_id, merchant_revision=merchant_revision)
    with connection.cursor() as cursor:
        cursor.execute(_REPLAY, [create, update, now, deliveries])
        return int(cursor.rowcount)


_REPLAY = """
    UPDATE webhooks_delivery SET status = 'pending', tries = 0, delivered_at = NULL,
        body = CASE WHEN status = 'pending' THEN body WHEN kind = 'order_create' THEN %s ELSE %s END,
        due_at = %s
    WHERE id = ANY(%s)
"""
