"""Packing, sending, delivering, returning. Every function holds the order's row and logs one change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from commerce.errors import CommerceError
from commerce.fulfillment.models import (
    SHIPMENT_TRANSITIONS,
    Shipment,
    ShipmentEvent,
    ShipmentLine,
)
from commerce.inventory.services import restock
from commerce.orders.models import Adjustment, Order, OrderLine
from commerce.orders.services import lock_order, log_change

# Statuses in which units have left the shop, so that their lines count as fulfilled.
_LEFT = frozenset({"shipped", "in_transit", "out_for_delivery", "delivered"})
# Statuses of shipments whose units are free to be sent again.
_UNDONE = ("failed", "returned", "canceled")


class NothingToShipError(CommerceError):
    """The order has fewer units of a line left than were to be sent."""

    code = "nothing_to_ship"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is said of a shipment. Empty text leaves what is known already."""

    reference: str = ""
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    access_url: str = ""
    quantities: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a shipment: one of its statuses, when and where."""

    status: str
    occurred_at: datetime
    description: str = ""
    location: str = ""
    is_restocked: bool = False


@transaction.atomic
def record_step(order_id: str, parcel: Parcel, step: Step, *, now: datetime, kind: str = "") -> Shipment:
    """Record a step of an order's shipment, making the shipment where it is new.

    The shipment is found by its reference; without one the order's only open shipment is meant, or a new
    one with everything that is left. What arrives late or twice is kept in the history, or ignored, and
    never moves a shipment back. Raises NothingToShipError.
    """
    order = lock_order(order_id)
    lines = {line.pk: line for line in order.lines.order_by("pk")}
    shipment = _shipment(order, lines, parcel, kind, now)
    _learn(shipment, parcel)
    _, is_new = ShipmentEvent.objects.get_or_create(
        shipment=shipment,
        kind=step.status,
        occurred_at=step.occurred_at,
        defaults={"description": step.description[:255], "location": step.location[:100]},
    )
    if not is_new:
        return shipment
    _advance(shipment, lines, step)
    order.status = order_status(list(lines.values()), list(order.shipments.all()))
    detail = {"shipment": shipment.pk, "status": step.status}
    log_change(order, kind=f"shipment_{step.status}", now=now, detail=detail)
    return shipment


def order_status(lines: Sequence[OrderLine], shipments: Sequence[Shipment]) -> str:
    """Derive an order's status from its lines and shipments (rfc.orders section 7.1)."""
    kept = [line for line in lines if line.current]
    under_way = [shipment for shipment in shipments if shipment.status not in _UNDONE]
    if not kept:
        return Order.Status.CANCELED
    if all(line.fulfilled == line.current for line in kept):
        is_delivered = all(shipment.status == "delivered" for shipment in under_way)
        return Order.Status.COMPLETED if is_delivered else Order.Status.SHIPPED
    return Order.Status.PROCESSING if under_way else Order.Status.CONFIRMED


def _shipment(order: Order, lines: Mapping[str, OrderLine], parcel: Parcel, kind: str, now: datetime) -> Shipment:
    known = _known_shipment(order, parcel.reference)
    if known is not None:
        return known
    is_digital = kind == Shipment.Kind.DIGITAL
    of_kind = [line for line in lines.values() if line.is_digital == is_digital]
    quantities = parcel.quantities or unsent(order, of_kind)
    _require_left(order, lines, quantities)
    shipment = Shipment.objects.create(
        order=order,
        reference=parcel.reference,
        kind=kind or _kind_of(order),
        created_at=now,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=line_id, quantity=quantity)
        for line_id, quantity in sorted(quantities.items())
    )
    return shipment


def _known_shipment(order: Order, reference: str) -> Shipment | None:
    shipments = order.shipments.exclude(kind=Shipment.Kind.DIGITAL).order_by("created_at", "pk")
    if reference:
        return order.shipments.filter(reference=reference).first()
    open_ones = [one for one in shipments if one.status not in ("delivered", *_UNDONE)]
    if len(open_ones) == 1:
        return open_ones[0]
    return shipments[0] if len(shipments) == 1 and not open_ones else None


def _kind_of(order: Order) -> str:
    kinds = {choice["kind"] for choice in order.fulfillment}
    return Shipment.Kind.PICKUP if kinds == {"pickup"} else Shipment.Kind.SHIPPING


def unsent(order: Order, lines: Iterable[OrderLine]) -> dict[str, int]:
    """Return how many units of which lines are in no shipment yet."""
    sent = _sent(order)
    left = {line.pk: line.current - sent.get(line.pk, 0) for line in lines}
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def _sent(order: Order) -> dict[str, int]:
    rows = (
        ShipmentLine.objects.filter(shipment__order=order)
        .exclude(shipment__status__in=_UNDONE)
        .values("order_line_id")
        .annotate(sent=Sum("quantity"))
    )
    return {row["order_line_id"]: row["sent"] for row in rows}


def _require_left(order: Order, lines: Mapping[str, OrderLine], quantities: Mapping[str, int]) -> None:
    sent = _sent(order)
    if not quantities:
        raise NothingToShipError("Everything of this order is in a shipment already.", target=("items",))
    for line_id, quantity in quantities.items():
        line = lines.get(line_id)
        left = line.current - sent.get(line_id, 0) if line else 0
        if quantity < 1 or quantity > left:
            raise NothingToShipError(f"{left} of line {line_id} are left to be sent.", target=("items",))


def _learn(shipment: Shipment, parcel: Parcel) -> None:
    """Take over what is told of a shipment, keeping what is not mentioned."""
    told = {
        name: value
        for name in ("carrier", "tracking_number", "tracking_url", "access_url")
        if (value := getattr(parcel, name))
    }
    for name, value in told.items():
        setattr(shipment, name, value)
    if told:
        shipment.save(update_fields=list(told))


def _advance(shipment: Shipment, lines: Mapping[str, OrderLine], step: Step) -> None:
    """Move a shipment forward, and the quantities of its lines with it."""
    if shipment.status == step.status or not SHIPMENT_TRANSITIONS.allows(shipment.status, step.status):
        return
    if step.status in _LEFT and shipment.shipped_at is None:
        shipment.shipped_at = step.occurred_at
        _count(shipment, lines, fulfilled=1)
    if step.status == "delivered":
        shipment.delivered_at = step.occurred_at
    if step.status == "returned":
        _take_back(shipment, lines, step)
    shipment.status = step.status
    shipment.save(update_fields=["status", "shipped_at", "delivered_at"])


def _take_back(shipment: Shipment, lines: Mapping[str, OrderLine], step: Step) -> None:
    """Count the units of a returned shipment as neither sent nor owed, and say so on the order."""
    if shipment.shipped_at is not None:
        _count(shipment, lines, fulfilled=-1, current=-1)
    returned = list(shipment.lines.order_by("pk"))
    Adjustment.objects.create(
        order_id=shipment.order_id,
        kind=Adjustment.Kind.RETURN,
        lines=[{"id": line.order_line_id, "quantity": line.quantity} for line in returned],
        description=step.description[:255],
        occurred_at=step.occurred_at,
    )
    if step.is_restocked:
        restock({lines[line.order_line_id].variant_id: line.quantity for line in returned})


def _count(shipment: Shipment, lines: Mapping[str, OrderLine], *, fulfilled: int, current: int = 0) -> None:
    for part in shipment.lines.order_by("order_line_id"):
        line = lines[part.order_line_id]
        line.current = max(line.current + current * part.quantity, 0)
        line.fulfilled = min(max(line.fulfilled + fulfilled * part.quantity, 0), line.current)
        line.save(update_fields=["fulfilled", "current"])
