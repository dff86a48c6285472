"""Lines, discounts, shipping and tax put together: the one place where a total is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commerce.pricing.discounts import DiscountResult
from commerce.pricing.taxes import AmountTax, TaxShare, sum_shares


@dataclass(frozen=True, slots=True)
class LineTotals:
    """One line: `total = items - items_discount + tax`; tax is what is added on top of the price."""

    items_minor: int
    items_discount_minor: int
    tax_minor: int
    included_tax_minor: int

    @property
    def subtotal_minor(self) -> int:
        return self.items_minor - self.items_discount_minor

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class PriceBreakdown:
    """The whole: `total = items - items_discount - discount + fulfillment + tax`.

    `items_discount` is what discounts took off lines, `discount` what they took off shipping. Tax that the
    prices contain stands apart and does not add to the total. All amounts are >= 0, in minor units.
    """

    lines: tuple[LineTotals, ...]
    items_minor: int
    items_discount_minor: int
    discount_minor: int
    fulfillment_minor: int
    tax_minor: int
    included_tax_minor: int
    tax_shares: tuple[TaxShare, ...]

    @property
    def subtotal_minor(self) -> int:
        return self.items_minor - self.items_discount_minor

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor - self.discount_minor + self.fulfillment_minor + self.tax_minor


def items_amounts(lines: Sequence[tuple[int, int]]) -> list[int]:
    """Return price times quantity for each (unit price, quantity)."""
    return [unit_price * quantity for unit_price, quantity in lines]


def line_discounts(discounts: DiscountResult, count: int) -> list[int]:
    """Return what all discounts together took off each of `count` lines."""
    return [sum(applied.per_line[index] for applied in discounts.applied) for index in range(count)]


def break_down(
    *,
    line_amounts: Sequence[int],
    discounts: DiscountResult,
    fulfillment_minor: int,
    line_taxes: Sequence[AmountTax],
    fulfillment_tax: AmountTax,
) -> PriceBreakdown:
    """Put the parts together. `line_taxes` has one entry a line, for its amount after discounts."""
    off = line_discounts(discounts, len(line_amounts))
    lines = tuple(
        LineTotals(amount, discount, tax.added_minor, tax.included_minor)
        for amount, discount, tax in zip(line_amounts, off, line_taxes, strict=True)
    )
    taxes = [*line_taxes, fulfillment_tax]
    return PriceBreakdown(
        lines=lines,
        items_minor=sum(line_amounts),
        items_discount_minor=sum(off),
        discount_minor=sum(applied.shipping_minor for applied in discounts.applied),
        fulfillment_minor=fulfillment_minor,
        tax_minor=sum(tax.added_minor for tax in taxes),
        included_tax_minor=sum(tax.included_minor for tax in taxes),
        tax_shares=sum_shares(taxes),
    )
