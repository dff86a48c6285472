from __future__ import annotations

from pydantic import TypeAdapter

from commerce.errors import NotFoundError
from commerce.fulfillment.records import OrderDetails, ShipmentRecord
from commerce.orders.sql import order_from, order_reads
from commerce.statements import Read, read

_shipments = TypeAdapter(tuple[ShipmentRecord, ...])


def order_details(order_id: str) -> OrderDetails:
    """Read an order with lines, adjustments and shipments in one statement. Raises NotFoundError."""
    *order_rows, shipments = read(*order_reads(order_id), Read(_SHIPMENTS, [order_id]))
    order = order_from(*order_rows)
    if order is None:
        raise NotFoundError("There is no such order.")
    return OrderDetails(order, _shipments.validate_python(shipments))


_SHIPMENTS = """
    SELECT s.id, s.kind, s.status, s.carrier, s.tracking_number, s.tracking_url, s.access_url,
           (SELECT coalesce(json_agg(json_build_object('line_id', l.order_line_id, 'quantity', l.quantity)
                    ORDER BY l.id), '[]')
            FROM fulfillment_shipmentline l WHERE l.shipment_id = s.id) AS lines,
           (SELECT coalesce(json_agg(json_build_object('id', e.id, 'kind', e.kind, 'description', e.description,
                    'location', e.location, 'occurred_at', e.occurred_at) ORDER BY e.occurred_at, e.id), '[]')
            FROM fulfillment_shipmentevent e WHERE e.shipment_id = s.id) AS events
    FROM fulfillment_shipment s WHERE s.order_id = %s ORDER BY s.created_at, s.id
"""
