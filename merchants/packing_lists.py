"""What somebody takes from the shelves and puts into a parcel, without prices: a page for each parcel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from commerce.fulfillment.models import Shipment
from commerce.fulfillment.services import unsent
from commerce.inventory.models import StockItem
from commerce.orders.models import Order, OrderLine
from commerce.pages.wording import SHIPMENT_STATUS, moment_text, words


@dataclass(frozen=True, slots=True)
class PackingRow:
    shelf: str
    quantity: int
    title: str
    sku: str


@dataclass(frozen=True, slots=True)
class PackingList:
    """One parcel: `rows` in the order of the shelves, `left` units of the order that it does not hold."""

    shop: str
    number: str
    placed: str
    way: str
    parcel: str
    recipient: tuple[str, ...]
    note: str
    rows: tuple[PackingRow, ...]
    left: int


def lists_of_orders(orders: Iterable[Order]) -> list[PackingList]:
    """Return a list for each parcel that is packed and not handed over, and one for what is in none yet."""
    return [made for order in orders for made in _lists_of(order)]


def list_of_shipment(shipment: Shipment) -> PackingList:
    """Return what belongs into one parcel, whatever has become of it."""
    lines = _lines(shipment.order)
    return _list(shipment.order, lines, _parts(shipment), shipment)


def _lists_of(order: Order) -> list[PackingList]:
    lines = _lines(order)
    physical = [line for line in lines.values() if not line.is_digital]
    packed = order.shipments.filter(status=Shipment.Status.PROCESSING, shipped_at__isnull=True)
    parcels: list[tuple[Mapping[str, int], Shipment | None]] = [
        (_parts(shipment), shipment)
        for shipment in packed.exclude(kind=Shipment.Kind.DIGITAL).order_by("created_at", "pk")
    ]
    if waiting := unsent(order, physical):
        parcels.append((waiting, None))
    return [_list(order, lines, quantities, shipment) for quantities, shipment in parcels]


def _lines(order: Order) -> dict[str, OrderLine]:
    return {line.pk: line for line in order.lines.order_by("position")}


def _parts(shipment: Shipment) -> dict[str, int]:
    return dict(shipment.lines.order_by("pk").values_list("order_line_id", "quantity"))


def _list(
    order: Order, lines: Mapping[str, OrderLine], quantities: Mapping[str, int], shipment: Shipment | None
) -> PackingList:
    variants = [lines[line_id].variant_id for line_id in quantities]
    shelves = dict(StockItem.objects.filter(pk__in=variants).values_list("variant_id", "shelf"))
    rows = [
        PackingRow(
            shelf=shelves.get(lines[line_id].variant_id, ""),
            quantity=quantity,
            title=lines[line_id].title,
            sku=lines[line_id].sku,
        )
        for line_id, quantity in quantities.items()
    ]
    to_send = sum(line.current for line in lines.values() if not line.is_digital)
    return PackingList(
        shop=order.merchant.name,
        number=order.number,
        placed=moment_text(order.placed_at.astimezone(ZoneInfo(order.merchant.time_zone))),
        way=", ".join(
            str(choice.get("title") or "") for choice in order.fulfillment if choice["kind"] != "digital"
        ),
        parcel=_parcel(shipment),
        recipient=_recipient(order),
        note=order.notes,
        rows=tuple(sorted(rows, key=lambda row: (row.shelf, row.title, row.sku))),
        left=max(to_send - sum(quantities.values()), 0),
    )


def _parcel(shipment: Shipment | None) -> str:
    if shipment is None:
        return "To be packed"
    told = (words(shipment.status, SHIPMENT_STATUS), shipment.carrier, shipment.tracking_number)
    return " ".join(part for part in told if part)


def _recipient(order: Order) -> tuple[str, ...]:
    to = order.destination or {}
    place = to.get("address") or {}
    region = f"{place.get('region') or ''} {place.get('postal_code') or ''}".strip()
    lines = (
        place.get("name") or to.get("name"),
        place.get("company"),
        place.get("line_one"),
        place.get("line_two"),
        ", ".join(part for part in (place.get("city"), region) if part),
        place.get("country"),
    )
    return tuple(str(line) for line in lines if line)
