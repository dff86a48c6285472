"""How much of an order's money belongs to some of its units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commerce.orders.models import Order, OrderLine


def share_of(lines: Iterable[OrderLine], quantities: Mapping[str, int]) -> int:
    """Return what some units of some lines cost, tax and discounts included, in minor units.

    Counted behind the units that have gone before, so that a line given back unit by unit is given back to the
    last minor unit and no further.
    """
    return sum(
        part_of(line, after=line.ordered - line.current, units=quantities[line.pk])
        for line in lines
        if line.pk in quantities
    )


def delivery_of(order: Order, lines: Iterable[OrderLine]) -> int:
    """Return what the delivery of an order has cost, tax included, in minor units."""
    return order.total_minor - sum(line.total_minor for line in lines)


def part_of(line: OrderLine, *, after: int, units: int) -> int:
    """Return what some units of a line cost, those behind the `after` that have gone before."""
    return _up_to(line, after + units) - _up_to(line, after)


def _up_to(line: OrderLine, units: int) -> int:
    """Return the part of a line's total that its first units cost, rounded down."""
    return line.total_minor * units // line.ordered
