"""How much of an order's money belongs to some of its units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commerce.orders.models import OrderLine


def share_of(lines: Iterable[OrderLine], quantities: Mapping[str, int]) -> int:
    """Return what some units of some lines cost, tax and discounts included, in minor units.

    Counted behind the units that have gone before, so that a line given back unit by unit is given back to the
    last minor unit and no further.
    """
    return sum(
        _up_to(line, line.ordered - line.current + quantities[line.pk]) - _up_to(line, line.ordered - line.current)
        for line in lines
        if line.pk in quantities
    )


def _up_to(line: OrderLine, units: int) -> int:
    """Return the part of a line's total that its first units cost, rounded down."""
    return line.total_minor * units // line.ordered
