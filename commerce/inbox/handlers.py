"""What a carrier's or warehouse's message does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commerce.errors import CommerceError
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.inbox.messages import FulfillmentMessage, Item
from commerce.inbox.models import InboxMessage
from commerce.orders.models import OrderLine
from commerce.orders.selectors import order_id_for

STEPS: Mapping[str, str] = {
    "shipment.packed": "processing",
    "shipment.shipped": "shipped",
    "shipment.in_transit": "in_transit",
    "shipment.out_for_delivery": "out_for_delivery",
    "shipment.ready_for_pickup": "ready_for_pickup",
    "shipment.delivered": "delivered",
    "shipment.returned": "returned",
    "shipment.failed": "failed",
}


class UnknownLineError(CommerceError):
    """A message names an item that the order does not have."""

    code = "unknown_line"


def handle(message: InboxMessage, *, now: datetime) -> None:
    """Do what a message says, once, and note what came of it. May be called again at any time."""
    if message.status != InboxMessage.Status.RECEIVED:
        return
    try:
        _move_shipment(message, now)
    except CommerceError as problem:
        message.status, message.error = InboxMessage.Status.REFUSED, problem.message
    else:
        message.status = InboxMessage.Status.HANDLED
    message.handled_at = now
    message.save(update_fields=["status", "error", "handled_at"])


def _move_shipment(message: InboxMessage, now: datetime) -> None:
    status = STEPS.get(message.kind)
    if status is None:
        raise CommerceError(f"Messages of the type '{message.kind}' are kept and not acted on.")
    told = FulfillmentMessage.model_validate(message.payload)
    order_id = order_id_for(message.merchant_id, reference=told.data.order)
    parcel = Parcel(
        reference=told.data.shipment,
        carrier=told.data.carrier,
        tracking_number=told.data.tracking_number,
        tracking_url=str(told.data.tracking_url or ""),
        quantities=_quantities(order_id, told.data.items),
    )
    step = Step(
        status,
        occurred_at=told.occurred_at,
        description=told.data.description,
        location=told.data.location,
        is_restocked=told.data.restock,
    )
    record_step(order_id, parcel, step, now=now)


def _quantities(order_id: str, items: list[Item]) -> dict[str, int] | None:
    """Find the order's lines that a message names by line id, variant id or SKU; None where it names none."""
    if not items:
        return None
    lines = list(OrderLine.objects.filter(order_id=order_id).order_by("position"))
    by_name: dict[str, Any] = {}
    for line in reversed(lines):
        by_name |= {line.sku: line.pk, line.variant_id: line.pk, line.pk: line.pk}
    quantities: dict[str, int] = {}
    for item in items:
        if not item.name or item.name not in by_name:
            raise UnknownLineError(f"The order has no item '{item.name}'.")
        line_id = by_name[item.name]
        quantities[line_id] = quantities.get(line_id, 0) + item.quantity
    return quantities
