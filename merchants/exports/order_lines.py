"""Orders as a CSV file, a row for each line. `docs/orders.md` says what each column means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet

from commerce.money import decimal_text
from commerce.orders.models import Order, OrderLine
from merchants.exports.cells import text_cell, written

BATCH = 500

Cell = Callable[[Order, OrderLine], str]


def csv_lines(orders: QuerySet[Order]) -> Iterator[str]:
    """Yield the file's lines, the newest order first, reading a few hundred orders at a time."""
    return written(_rows(orders))


def _rows(orders: QuerySet[Order]) -> Iterator[list[str]]:
    yield list(COLUMNS)
    for order in _read(orders):
        for line in order.lines.all():
            yield [cell(order, line) for cell in COLUMNS.values()]


def _read(orders: QuerySet[Order]) -> Iterator[Order]:
    """Read by the last row's place and not by its number, so that orders that come in meanwhile shift nothing."""
    wanted = (
        orders.order_by("-placed_at", "pk")
        .select_related("agent", "merchant")
        .prefetch_related(Prefetch("lines", OrderLine.objects.order_by("position")), "adjustments", "shipments")
    )
    batch = list(wanted[:BATCH])
    while batch:
        yield from batch
        last = batch[-1]
        after = Q(placed_at__lt=last.placed_at) | Q(placed_at=last.placed_at, pk__gt=last.pk)
        batch = list(wanted.filter(after)[:BATCH]) if len(batch) == BATCH else []


def _amount(of: Callable[[Order, OrderLine], int]) -> Cell:
    return lambda order, line: decimal_text(of(order, line), order.currency)


def _number(of: Callable[[OrderLine], int]) -> Cell:
    return lambda _, line: str(of(line))


def _text(of: Callable[[Order, OrderLine], str]) -> Cell:
    return lambda order, line: text_cell(of(order, line))


def _address(part: str) -> Cell:
    def cell(order: Order, _: OrderLine) -> str:
        where: dict[str, Any] = (order.destination or {}).get("address") or {}
        return text_cell(str(where.get(part) or ""))

    return cell


def _recipient(order: Order, _: OrderLine) -> str:
    to: dict[str, Any] = order.destination or {}
    return str((to.get("address") or {}).get("name") or to.get("name") or "")


def _buyer(order: Order, _: OrderLine) -> str:
    return f"{order.buyer.get('first_name') or ''} {order.buyer.get('last_name') or ''}".strip()


def _placed(order: Order, _: OrderLine) -> str:
    return order.placed_at.astimezone(ZoneInfo(order.merchant.time_zone)).isoformat(timespec="seconds")


def _refunded(order: Order, _: OrderLine) -> int:
    done = (one for one in order.adjustments.all() if (one.kind, one.status) == ("refund", "completed"))
    return sum(one.amount_minor or 0 for one in done)


def _tracking(order: Order, _: OrderLine) -> str:
    return ", ".join(sorted({one.tracking_number for one in order.shipments.all() if one.tracking_number}))


COLUMNS: Mapping[str, Cell] = {
    "order_number": _text(lambda order, _: order.number),
    "order_id": _text(lambda order, _: order.pk),
    "placed_at": _placed,
    "order_status": _text(lambda order, _: order.status),
    "shop": _text(lambda order, _: order.merchant.slug),
    "agent": _text(lambda order, _: order.agent.name),
    "buyer_email": _text(lambda order, _: order.email),
    "buyer_name": _text(_buyer),
    "recipient": _text(_recipient),
    "address_line_one": _address("line_one"),
    "address_line_two": _address("line_two"),
    "city": _address("city"),
    "region": _address("region"),
    "postal_code": _address("postal_code"),
    "country": _address("country"),
    "sku": _text(lambda _, line: line.sku),
    "title": _text(lambda _, line: line.title),
    "line_status": _text(lambda _, line: line.status),
    "ordered": _number(lambda line: line.ordered),
    "current": _number(lambda line: line.current),
    "sent": _number(lambda line: line.fulfilled),
    "currency": _text(lambda order, _: order.currency.upper()),
    "unit_price": _amount(lambda _, line: line.unit_price_minor),
    "line_items": _amount(lambda _, line: line.items_minor),
    "line_discount": _amount(lambda _, line: line.items_discount_minor),
    "line_tax": _amount(lambda _, line: line.tax_minor),
    "line_included_tax": _amount(lambda _, line: line.included_tax_minor),
    "line_total": _amount(lambda _, line: line.total_minor),
    "order_delivery": _amount(lambda order, _: order.fulfillment_minor),
    "order_delivery_discount": _amount(lambda order, _: order.discount_minor),
    "order_tax": _amount(lambda order, _: order.tax_minor),
    "order_total": _amount(lambda order, _: order.total_minor),
    "order_refunded": _amount(_refunded),
    "tracking_numbers": _text(_tracking),
}
