"""Packing, sending, delivering, taking back. Whoever tells of it, it is one step of one shipment.

`record_step` is for those who know a parcel by a name of their own, such as carriers; `dispatch` for the shop's
staff. Both hold the order's row and log one change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from commerce.errors import CommerceError
from commerce.fulfillment.carriers import tracking_page
from commerce.fulfillment.models import (
    SHIPMENT_TRANSITIONS,
    Shipment,
    ShipmentEvent,
    ShipmentLine,
)
from commerce.inventory.services import restock, take
from commerce.orders.models import Adjustment, Order, OrderLine
from commerce.orders.services import lock_order, log_change
from commerce.outbox.services import record_event

# Statuses that say that units have left the shop.
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

    The shipment is found by its reference or its tracking number; without either the order's only open shipment
    is meant, or a new one with everything that is left. What arrives late or twice is kept in the history, or
    ignored, and never moves a shipment back. Raises NothingToShipError.
    """
    order = lock_order(order_id)
    lines = lines_of(order)
    shipment = _known_shipment(order, parcel) or new_shipment(order, lines, parcel, kind=kind, now=now)
    learn(shipment, parcel)
    return record(order, lines, shipment, step, now=now)


def lines_of(order: Order) -> dict[str, OrderLine]:
    """Return the lines of a locked order by their ids."""
    return {line.pk: line for line in order.lines.order_by("pk")}


def record(
    order: Order, lines: Mapping[str, OrderLine], shipment: Shipment, step: Step, *, now: datetime
) -> Shipment:
    """Record a step of a known shipment of a locked order, once however often it is told."""
    _, is_new = ShipmentEvent.objects.get_or_create(
        shipment=shipment,
        kind=step.status,
        occurred_at=step.occurred_at,
        defaults={"description": step.description[:255], "location": step.location[:100]},
    )
    if not is_new:
        return shipment
    _advance(order, lines, shipment, step, now=now)
    order.status = order_status(order, lines)
    detail = {"shipment": shipment.pk, "status": step.status}
    log_change(order, kind=f"shipment_{step.status}", now=now, detail=detail)
    return shipment


def order_status(order: Order, lines: Mapping[str, OrderLine]) -> str:
    """Derive the status of a locked order from its lines and shipments (rfc.orders section 7.1).

    An order of which nothing is left was canceled, unless the buyer had something of it and sent it back. A parcel
    that could not be delivered is the shop's to look after: until then the order is not on its way.
    """
    kept = [line for line in lines.values() if line.current]
    if not kept:
        sent_back = ShipmentLine.objects.filter(shipment__order=order, returned__gt=0)
        return Order.Status.COMPLETED if sent_back.exists() else Order.Status.CANCELED
    statuses = set(order.shipments.values_list("status", flat=True)) - {"returned", "canceled"}
    if all(line.fulfilled == line.current for line in kept):
        return Order.Status.COMPLETED if statuses <= {"delivered", "failed"} else Order.Status.SHIPPED
    return Order.Status.PROCESSING if statuses else Order.Status.CONFIRMED


def new_shipment(
    order: Order,
    lines: Mapping[str, OrderLine],
    parcel: Parcel,
    *,
    now: datetime,
    kind: str = "",
    request_key: str = "",
) -> Shipment:
    """Make a shipment of a locked order: of the parcel's quantities, or of all that is left. Logs nothing."""
    is_digital = kind == Shipment.Kind.DIGITAL
    of_kind = [line for line in lines.values() if line.is_digital == is_digital]
    quantities = parcel.quantities or unsent(order, of_kind)
    _require_left(order, lines, quantities)
    shipment = Shipment.objects.create(
        order=order,
        reference=parcel.reference,
        request_key=request_key,
        kind=kind or (Shipment.Kind.PICKUP if is_pickup(order) else Shipment.Kind.SHIPPING),
        created_at=now,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=line_id, quantity=quantity)
        for line_id, quantity in sorted(quantities.items())
    )
    return shipment


def _known_shipment(order: Order, parcel: Parcel) -> Shipment | None:
    shipments = list(order.shipments.exclude(status="canceled").order_by("created_at", "pk"))
    named = [one for one in shipments if parcel.reference and one.reference == parcel.reference]
    found = named or [one for one in shipments if _is_tracked_as(one, parcel)]
    if found or parcel.reference:
        return found[0] if found else None
    physical = [one for one in shipments if one.kind != Shipment.Kind.DIGITAL]
    open_ones = [one for one in physical if one.status not in ("delivered", *_UNDONE)]
    if len(open_ones) == 1:
        return open_ones[0]
    return physical[0] if len(physical) == 1 and not open_ones else None


def _is_tracked_as(shipment: Shipment, parcel: Parcel) -> bool:
    """Say whether a parcel is one whose sender has no name for it yet, such as one that the staff packed.

    Several parcels may travel under one number; then their references tell them apart.
    """
    is_unnamed = not (parcel.reference and shipment.reference)
    number = _bare(parcel.tracking_number)
    return is_unnamed and bool(number) and _bare(shipment.tracking_number) == number


def _bare(tracking_number: str) -> str:
    return "".join(tracking_number.split()).upper()


def is_pickup(order: Order) -> bool:
    """Say whether the buyer collects whatever of an order is no download."""
    return {choice["kind"] for choice in order.fulfillment} - {"digital"} == {"pickup"}


def unsent(order: Order, lines: Iterable[OrderLine]) -> dict[str, int]:
    """Return how many units of which lines are in no shipment yet."""
    sent = _sent(order)
    left = {line.pk: line.current - sent.get(line.pk, 0) for line in lines}
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def _sent(order: Order) -> dict[str, int]:
    """Return how many units of which lines are in a shipment, without those that came back."""
    return _units(ShipmentLine.objects.filter(shipment__order=order).exclude(shipment__status__in=_UNDONE))


def _require_left(order: Order, lines: Mapping[str, OrderLine], quantities: Mapping[str, int]) -> None:
    sent = _sent(order)
    if not quantities:
        raise NothingToShipError("Everything of this order is in a shipment already.", target=("items",))
    for line_id, quantity in quantities.items():
        line = lines.get(line_id)
        left = line.current - sent.get(line_id, 0) if line else 0
        if quantity < 1 or quantity > left:
            raise NothingToShipError(f"{left} of line {line_id} are left to be sent.", target=("items",))


def learn(shipment: Shipment, parcel: Parcel) -> None:
    """Take over what is told of a shipment, keeping what is not mentioned.

    The page to follow it is the one that is told, or else the carrier's own.
    """
    told = {
        name: value
        for name in ("carrier", "tracking_number", "tracking_url", "access_url")
        if (value := getattr(parcel, name))
    }
    if parcel.reference and not shipment.reference:
        told["reference"] = parcel.reference
    if "tracking_url" not in told and told.keys() & {"carrier", "tracking_number"}:
        carrier = told.get("carrier", shipment.carrier)
        number = told.get("tracking_number", shipment.tracking_number)
        if page := tracking_page(carrier, number):
            told["tracking_url"] = page
    changed = {name: value for name, value in told.items() if getattr(shipment, name) != value}
    for name, value in changed.items():
        setattr(shipment, name, value)
    if changed:
        shipment.save(update_fields=list(changed))


def _advance(
    order: Order, lines: Mapping[str, OrderLine], shipment: Shipment, step: Step, *, now: datetime
) -> None:
    """Move a shipment forward, and the quantities of its lines with it.

    That it has left the shop counts even where it is told after what became of it.
    """
    moves = shipment.status != step.status and SHIPMENT_TRANSITIONS.allows(shipment.status, step.status)
    moves = moves and not _is_overtaken(shipment, step)
    leaves = step.status in _LEFT and shipment.shipped_at is None and shipment.status != "canceled"
    if leaves:
        shipment.shipped_at = step.occurred_at
    if moves:
        shipment.status = step.status
        shipment.delivered_at = step.occurred_at if step.status == "delivered" else shipment.delivered_at
    shipment.save(update_fields=["status", "shipped_at", "delivered_at"])
    if leaves:
        take(_replacing(order, lines, shipment))
    is_back = shipment.status == "returned" and (moves or leaves)
    taken = _brought_back(order, lines, shipment, step, now=now) if is_back else {}
    take_off(order, lines, taken)


def _is_overtaken(shipment: Shipment, step: Step) -> bool:
    """Say whether a try to deliver, or its failure, is told after what came next."""
    if step.status in ("delivered", "returned"):
        return False
    later = ("in_transit", "out_for_delivery", "ready_for_pickup") if step.status == "failed" else ("failed",)
    return shipment.events.filter(kind__in=later, occurred_at__gt=step.occurred_at).exists()


def _replacing(order: Order, lines: Mapping[str, OrderLine], shipment: Shipment) -> dict[str, int]:
    """Return how many units of which variants have left with a shipment that are not those that were sold.

    Those are with a carrier that could not deliver them.
    """
    out = _units(_out(order))
    extra = {
        lines[part.order_line_id].variant_id: min(
            part.quantity, out.get(part.order_line_id, 0) - lines[part.order_line_id].current
        )
        for part in shipment.lines.order_by("pk")
        if not lines[part.order_line_id].is_digital
    }
    return {variant_id: count for variant_id, count in extra.items() if count > 0}


def _brought_back(
    order: Order, lines: Mapping[str, OrderLine], shipment: Shipment, step: Step, *, now: datetime
) -> dict[str, int]:
    """Say on the order which units a carrier has brought back, and return them.

    Those that were sent again or canceled meanwhile are not among them, and what has never left the shop is still
    to be sent.
    """
    if shipment.shipped_at is None:
        return {}
    there = _units(shipment.lines.all())
    if step.is_restocked:
        restock({lines[line_id].variant_id: count for line_id, count in there.items()})
    free = unsent(order, lines.values())
    counts = {line_id: min(count, free.get(line_id, 0)) for line_id, count in sorted(there.items())}
    returned = {line_id: count for line_id, count in counts.items() if count}
    if returned:
        told = Adjustment.objects.create(
            order=order,
            kind=Adjustment.Kind.RETURN,
            lines=[{"id": line_id, "quantity": count} for line_id, count in returned.items()],
            description=step.description[:255] or "Brought back by its carrier",
            occurred_at=step.occurred_at,
        )
        gone = {line_id: lines[line_id].ordered - lines[line_id].current for line_id in returned}
        payload = {"gone": gone, "is_restocked": step.is_restocked}
        record_event("order.brought_back", key=told.pk, now=now, payload=payload)
    return returned


def take_off(order: Order, lines: Mapping[str, OrderLine], quantities: Mapping[str, int]) -> None:
    """Count units of a locked order as not owed any more, and afresh what is sent of each of its lines."""
    there = with_buyer(order)
    for line in lines.values():
        line.current = max(line.current - quantities.get(line.pk, 0), 0)
        line.fulfilled = min(there.get(line.pk, 0), line.current)
    OrderLine.objects.bulk_update(lines.values(), ["current", "fulfilled"])


def with_buyer(order: Order) -> dict[str, int]:
    """Return how many units of which lines have left the shop and have not come back."""
    return _units(_left_parts(order))


def on_shelf(order: Order, lines: Iterable[OrderLine]) -> dict[str, int]:
    """Return how many units of which lines are to be sent and still lie in the shop.

    The others are with a carrier that could not deliver them.
    """
    out = _units(_out(order).filter(shipment__status=Shipment.Status.FAILED))
    left = {line_id: count - out.get(line_id, 0) for line_id, count in unsent(order, lines).items()}
    return {line_id: count for line_id, count in left.items() if count > 0}


def arrivals(order: Order) -> dict[str, datetime | None]:
    """Return when the last parcel of each line with the buyer arrived, None where one is still on its way."""
    found: dict[str, datetime | None] = {}
    for line_id, at in _left_parts(order).values_list("order_line_id", "shipment__delivered_at"):
        earlier = found.get(line_id, at)
        found[line_id] = max(earlier, at) if earlier and at else None
    return found


def take_back(order: Order, lines: Mapping[str, OrderLine], quantities: Mapping[str, int]) -> None:
    """Count units that the buyer sent back as neither sent nor owed, the last that left first.

    Needs the order's lock, and no more than `with_buyer` of each line.
    """
    missing = dict(quantities)
    for part in _left_parts(order).order_by("-shipment__shipped_at", "-pk"):
        count = min(missing.get(part.order_line_id, 0), part.quantity - part.returned)
        if count:
            ShipmentLine.objects.filter(pk=part.pk).update(returned=F("returned") + count)
            missing[part.order_line_id] -= count
    take_off(order, lines, quantities)


def _left_parts(order: Order) -> QuerySet[ShipmentLine]:
    return _out(order).exclude(shipment__status=Shipment.Status.FAILED)


def _out(order: Order) -> QuerySet[ShipmentLine]:
    """Return what has left the shop and is not back: with the buyer, or with a carrier."""
    left = ShipmentLine.objects.filter(shipment__order=order, shipment__shipped_at__isnull=False)
    return left.exclude(shipment__status__in=("returned", "canceled"))


def _units(parts: QuerySet[ShipmentLine]) -> dict[str, int]:
    """Return how many units of which lines are in parts of shipments, without those that came back since."""
    sums = parts.values("order_line_id").annotate(units=Sum(F("quantity") - F("returned"))).order_by()
    return {row["order_line_id"]: row["units"] for row in sums if row["units"] > 0}
