"""An order as ACP 2026-04-17 shows it, in a session and in webhooks alike (rfc.orders). Runs no query."""

from __future__ import annotations

from django.conf import settings

from agents.acp.v2026_04_17 import bodies
from agents.acp.v2026_04_17.common import address, line_totals, moment, tax_total, total
from commerce.checkout.shop import Shop
from commerce.fulfillment.records import OrderDetails, ShipmentRecord
from commerce.orders.records import AdjustmentRecord, ChosenOption, OrderLineRecord, OrderRecord

FULFILLMENT_TYPES = {"local_delivery": "shipping"}
SHIPMENT_STATUSES = {
    "shipping": {"returned": "failed", "ready_for_pickup": "in_transit"},
    "pickup": {
        "returned": "failed",
        "shipped": "processing",
        "in_transit": "processing",
        "out_for_delivery": "processing",
    },
    "digital": {"returned": "failed"},
}
"""What a status is called that does not fit the type (rfc.orders section 4.3). The events say what happened."""

EVENT_TYPES = {"failed": "failed_attempt", "returned": "returned_to_sender"}


def order(details: OrderDetails, *, shop: Shop) -> bodies.Order:
    """Write the whole of an order: never a part, never a difference."""
    known = details.order
    permalink = f"{settings.PUBLIC_BASE_URL}/orders/{known.permalink_token}"
    body: bodies.Order = {
        "type": "order",
        "id": known.id,
        "checkout_session_id": known.checkout_session_id,
        "order_number": known.number,
        "permalink_url": permalink,
        "status": known.status,
        "confirmation": {"confirmation_number": known.number, "receipt_url": permalink},
        "line_items": [_line(line) for line in known.lines],
        "fulfillments": _fulfillments(details),
        "adjustments": [_adjustment(one, known.currency) for one in known.adjustments],
        "totals": order_totals(known),
    }
    if known.notes:
        body["confirmation"]["order_notes"] = known.notes
    if support := _support(shop):
        body["support"] = support
    if estimate := _estimate(known.fulfillment):
        body["estimated_delivery"] = estimate
    return body


def order_totals(known: OrderRecord) -> list[bodies.Total]:
    """Write the totals; `total` stays what was charged at checkout, whatever is refunded later."""
    totals = [total("items_base_amount", "Items", known.items_minor)]
    if known.items_discount_minor:
        totals.append(total("items_discount", "Discounts on items", known.items_discount_minor))
    totals.append(total("subtotal", "Subtotal", known.subtotal_minor))
    if known.discount_minor:
        totals.append(total("discount", "Shipping discount", known.discount_minor))
    totals.append(total("fulfillment", "Shipping", known.fulfillment_minor))
    totals.append(tax_total(known.tax_minor, known.included_tax_minor, known.tax_breakdown, known.currency))
    totals.append(total("total", "Total", known.total_minor))
    if known.refunded_minor:
        totals.append(total("amount_refunded", "Refunded", known.refunded_minor))
    return totals


def _line(line: OrderLineRecord) -> bodies.OrderLineItem:
    written: bodies.OrderLineItem = {
        "id": line.id,
        "title": line.title,
        "product_id": line.product_id,
        "quantity": {"ordered": line.ordered, "current": line.current, "fulfilled": line.fulfilled},
        "unit_price": line.unit_price_minor,
        "subtotal": line.subtotal_minor,
        "totals": line_totals(
            items=line.items_minor,
            discount=line.items_discount_minor,
            subtotal=line.subtotal_minor,
            tax=line.tax_minor,
            whole=line.total_minor,
        ),
        "status": line.status,
    }
    if line.image_url:
        written["image_url"] = line.image_url
    return written


def _fulfillments(details: OrderDetails) -> list[bodies.Fulfillment]:
    """Write what is on its way, and what is still to be sent of each way the buyer chose."""
    sent = [_shipment(shipment, details.order) for shipment in details.shipments]
    return [*sent, *_waiting(details)]


def _waiting(details: OrderDetails) -> list[bodies.Fulfillment]:
    known = details.order
    left = {line.id: line.current for line in known.lines}
    for shipment in details.shipments:
        if shipment.status not in ("failed", "canceled", "returned"):
            for part in shipment.lines:
                left[part.line_id] -= part.quantity - part.returned
    waiting: list[bodies.Fulfillment] = []
    for number, choice in enumerate(known.fulfillment, start=1):
        lines: list[bodies.LineReference] = [
            {"id": line_id, "quantity": left[line_id]} for line_id in choice.line_ids if left[line_id] > 0
        ]
        if lines:
            waiting.append(_pending(choice, lines, known, number))
    return waiting


def _pending(
    choice: ChosenOption, lines: list[bodies.LineReference], known: OrderRecord, number: int
) -> bodies.Fulfillment:
    written: bodies.Fulfillment = {
        "id": f"{known.id}_pending_{number}",
        "type": FULFILLMENT_TYPES.get(choice.kind, choice.kind),
        "status": "pending",
        "line_items": lines,
        "description": choice.title,
        "events": [],
    }
    if choice.carrier:
        written["carrier"] = choice.carrier
    if choice.kind != "digital":
        _add_destination(written, known, choice.kind)
    if estimate := _estimate((choice,)):
        written["estimated_delivery"] = estimate
    return written


def _shipment(shipment: ShipmentRecord, known: OrderRecord) -> bodies.Fulfillment:
    written: bodies.Fulfillment = {
        "id": shipment.id,
        "type": shipment.kind,
        "status": SHIPMENT_STATUSES[shipment.kind].get(shipment.status, shipment.status),
        "line_items": [{"id": part.line_id, "quantity": part.quantity} for part in shipment.lines],
        "events": [],
    }
    for event in shipment.events:
        entry: bodies.FulfillmentEvent = {
            "id": f"evt_{shipment.id.removeprefix('ful_')}_{event.id}",
            "type": EVENT_TYPES.get(event.kind, event.kind),
            "occurred_at": moment(event.occurred_at),
        }
        if event.description:
            entry["description"] = event.description
        if event.location:
            entry["location"] = event.location
        written["events"].append(entry)
    if shipment.kind == "shipping":
        _add_tracking(written, shipment)
        _add_destination(written, known, "shipping")
    if shipment.access_url:
        written["digital_delivery"] = {"access_url": shipment.access_url}
    return written


def _add_tracking(written: bodies.Fulfillment, shipment: ShipmentRecord) -> None:
    if shipment.carrier:
        written["carrier"] = shipment.carrier
    if shipment.tracking_number:
        written["tracking_number"] = shipment.tracking_number
    if shipment.tracking_url:
        written["tracking_url"] = shipment.tracking_url


def _add_destination(written: bodies.Fulfillment, known: OrderRecord, kind: str) -> None:
    recipient = known.destination
    if kind != "pickup" and recipient and recipient.address:
        written["destination"] = address(recipient.address, name=recipient.name)


def _adjustment(one: AdjustmentRecord, currency: str) -> bodies.Adjustment:
    written: bodies.Adjustment = {
        "id": one.id,
        "type": one.kind,
        "occurred_at": moment(one.occurred_at),
        "status": one.status,
    }
    if one.lines:
        written["line_items"] = [
            {"id": str(line["id"]), "quantity": int(str(line["quantity"]))} for line in one.lines
        ]
    if one.amount_minor is not None:
        written["amount"] = one.amount_minor
        written["currency"] = currency
    if one.description:
        written["description"] = one.description
    if one.reason:
        written["reason"] = one.reason
    return written


def _support(shop: Shop) -> bodies.Support:
    written: bodies.Support = {}
    if shop.support_email:
        written["email"] = shop.support_email
    if shop.support_phone:
        written["phone"] = shop.support_phone
    if shop.support_hours:
        written["hours"] = shop.support_hours
    if shop.help_center_url:
        written["help_center_url"] = shop.help_center_url
    return written


def _estimate(choices: tuple[ChosenOption, ...]) -> bodies.EstimatedDelivery | None:
    earliest = [choice.earliest for choice in choices if choice.earliest]
    latest = [choice.latest for choice in choices if choice.latest]
    if not earliest or not latest:
        return None
    return {"earliest": moment(min(earliest)), "latest": moment(max(latest))}
