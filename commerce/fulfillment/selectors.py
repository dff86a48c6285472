from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from pydantic import TypeAdapter

from commerce.errors import NotFoundError
from commerce.fulfillment.records import OrderDetails, ShipmentRecord
from commerce.orders.sql import order_from, order_reads
from commerce.statements import Read, read, rows_column

_shipments = TypeAdapter(tuple[ShipmentRecord, ...])


def order_details(order_id: str) -> OrderDetails:
    """Read an order with lines, adjustments and shipments in one statement. Raises NotFoundError."""
    details = _details_from(read(*_detail_reads(order_id)))
    if details is None:
        raise NotFoundError("There is no such order.")
    return details


def agents_orders(
    agent_id: str, *, limit: int, checkout_session_id: str = "", after: tuple[datetime, str] | None = None
) -> list[OrderDetails]:
    """Read an agent's orders, newest first, in one statement; those behind `after`, a time and an id."""
    conditions: list[str] = ["agent_id = %s"]
    params: list[Any] = [agent_id]
    if checkout_session_id:
        conditions.append("checkout_session_id = %s")
        params.append(checkout_session_id)
    if after:
        conditions.append("(placed_at, id) < (%s, %s)")
        params.extend(after)
    column = order_details_column("page.id")
    with connection.cursor() as cursor:
        cursor.execute(_PAGE.format(conditions=" AND ".join(conditions), column=column), [*params, limit])
        found = (order_details_from(row[0]) for row in cursor.fetchall())
        return [details for details in found if details]


def order_details_column(order_id: str) -> str:
    """Return SQL for `order_details_from`, where `order_id` is a column of the surrounding SELECT."""
    return rows_column(_detail_reads(""), of=order_id)


def order_details_from(column: str) -> OrderDetails | None:
    """Read what `order_details_column` selected, None where there is no such order."""
    return _details_from(orjson.loads(column))


def _detail_reads(order_id: str) -> list[Read]:
    return [*order_reads(order_id), Read(_SHIPMENTS, [order_id])]


def _details_from(rows: Sequence[Sequence[Mapping[str, Any]]]) -> OrderDetails | None:
    *order_rows, shipments = rows
    order = order_from(*order_rows)
    return OrderDetails(order, _shipments.validate_python(shipments)) if order else None


_PAGE = """
    WITH page AS MATERIALIZED (
        SELECT id, placed_at FROM orders_order WHERE {conditions} ORDER BY placed_at DESC, id DESC LIMIT %s
    )
    SELECT {column} FROM page ORDER BY placed_at DESC, id DESC
"""

_SHIPMENTS = """
    SELECT s.id, s.kind, s.status, s.carrier, s.tracking_number, s.tracking_url, s.access_url,
           s.shipped_at, s.delivered_at,
           (SELECT coalesce(json_agg(json_build_object('line_id', l.order_line_id, 'quantity', l.quantity,
                    'returned', l.returned) ORDER BY l.id), '[]')
            FROM fulfillment_shipmentline l WHERE l.shipment_id = s.id) AS lines,
           (SELECT coalesce(json_agg(json_build_object('id', e.id, 'kind', e.kind, 'description', e.description,
                    'location', e.location, 'occurred_at', e.occurred_at) ORDER BY e.occurred_at, e.id), '[]')
            FROM fulfillment_shipmentevent e WHERE e.shipment_id = s.id) AS events
    FROM fulfillment_shipment s WHERE s.order_id = %s ORDER BY s.created_at, s.id
"""
