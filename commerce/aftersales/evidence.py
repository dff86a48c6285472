"""What a shop sends a bank that disputes a payment: everything known of an order, as one ZIP archive.

`summary.txt` is for people; the JSON files hold the records it was written from.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from commerce.checkout.models import CheckoutSession, Confirmation
from commerce.fulfillment.records import OrderDetails, ShipmentEventRecord, ShipmentRecord
from commerce.fulfillment.selectors import order_details
from commerce.money import Money
from commerce.orders.models import Order
from commerce.payments.models import PaymentAttempt


def evidence_pack(order_id: str, *, now: datetime) -> bytes:
    """Return a ZIP archive about an order. Raises NotFoundError."""
    details = order_details(order_id)
    order = Order.objects.select_related("payment", "merchant", "agent").get(pk=order_id)
    log = list(order.events.order_by("sequence").values("sequence", "kind", "detail", "occurred_at"))
    files = {
        "summary.txt": _summary(order, details, now).encode(),
        "order.json": _json(details.order),
        "shipments.json": _json(details.shipments),
        "order_log.json": _json(log),
        "payment.json": _json(_payment(order.payment)),
        "confirmation.json": _confirmation(order),
        "confirmed_by_buyer.json": _json(_confirmed(order)),
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return archive.getvalue()


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str)


def _payment(attempt: PaymentAttempt | None) -> dict[str, Any]:
    if attempt is None:
        return {}
    return {
        "id": attempt.pk,
        "provider_reference": attempt.provider_reference,
        "status": attempt.status,
        "three_d_secure": attempt.authentication or "not asked for",
        "currency": attempt.currency,
        "amount_minor": attempt.amount_minor,
        "captured_minor": attempt.captured_minor,
        "refunded_minor": attempt.refunded_minor,
        "submitted_at": attempt.submitted_at,
        "refunds": list(
            attempt.refunds.values("id", "provider_reference", "amount_minor", "status", "requested_at")
        ),
        "disputes": list(attempt.disputes.values("id", "provider_reference", "amount_minor", "reason", "status")),
    }


def _confirmed(order: Order) -> dict[str, Any]:
    """Return the buyer's own yes to the terms, where one was asked for."""
    found = Confirmation.objects.filter(attempt_id=order.payment_id) if order.payment_id else None
    row = found.values("terms", "terms_hash", "confirmed_at", "used_at", "evidence").first() if found else None
    return dict(row) if row else {}


def _confirmation(order: Order) -> bytes:
    """Return what was shown last before the payment: lines, options, totals, who bought."""
    session = CheckoutSession.objects.filter(pk=order.checkout_session_id).first()
    return session.document.encode() if session else b"{}"


def _summary(order: Order, details: OrderDetails, now: datetime) -> str:
    record = details.order
    lines = [
        f"Order {order.number} of {order.merchant.name}",
        f"Written {now:%Y-%m-%d %H:%M} UTC",
        "",
        f"Placed      {order.placed_at:%Y-%m-%d %H:%M} UTC through the agent {order.agent.name}",
        f"Buyer       {record.buyer.first_name} {record.buyer.last_name} <{order.email}>".replace("  ", " "),
        f"Total       {Money(order.total_minor, order.currency)}",
        f"Payment     {order.payment.provider_reference if order.payment else 'none'}",
        f"3-D Secure  {(order.payment and order.payment.authentication) or 'not asked for'}",
        f"Status      {order.status}",
        "",
        "Items",
        *(f"  {one.ordered} x {one.title}  {Money(one.total_minor, order.currency)}" for one in record.lines),
        "",
        *_address(details),
        "Shipments",
        *(_shipments(details) or ["  none"]),
    ]
    return "\n".join(lines) + "\n"


def _address(details: OrderDetails) -> list[str]:
    recipient = details.order.destination
    if recipient is None or recipient.address is None:
        return []
    place = recipient.address
    city = f"{place.postal_code} {place.city} {place.region} {place.country}"
    parts = [recipient.name, place.line_one, place.line_two, city]
    return ["Sent to", *(f"  {part}" for part in parts if part.strip()), ""]


def _shipments(details: OrderDetails) -> list[str]:
    return [text for shipment in details.shipments for text in (_shipment(shipment), *_events(shipment.events))]


def _shipment(shipment: ShipmentRecord) -> str:
    return f"  {shipment.carrier} {shipment.tracking_number} {shipment.status} {shipment.tracking_url}".rstrip()


def _events(events: Iterable[ShipmentEventRecord]) -> list[str]:
    return [
        f"    {one.occurred_at:%Y-%m-%d %H:%M} {one.kind} {one.location} {one.description}".rstrip()
        for one in events
    ]
