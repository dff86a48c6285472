"""How much tax an amount carries, by the rates of several jurisdictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from commerce.money import allocate, round_half_even


@dataclass(frozen=True, slots=True)
class Rate:
    """One jurisdiction's percentage, contained in the price or added to it."""

    jurisdiction: str
    percentage: Decimal
    is_inclusive: bool = False


@dataclass(frozen=True, slots=True)
class TaxShare:
    """What one jurisdiction gets, in minor units."""

    jurisdiction: str
    percentage: Decimal
    amount_minor: int
    is_inclusive: bool = False


@dataclass(frozen=True, slots=True)
class AmountTax:
    """The tax of one amount: what is added on top of it and what it contains already."""

    added_minor: int = 0
    included_minor: int = 0
    shares: tuple[TaxShare, ...] = ()


def tax_on(amount_minor: int, rates: Sequence[Rate]) -> AmountTax:
    """Tax an amount that is left after discounts.

    Inclusive rates together are taken out of the amount first; the others are added on what remains.
    Each of the two sums is rounded once, half to even, and then split over its jurisdictions without loss.
    """
    inclusive = [rate for rate in rates if rate.is_inclusive]
    exclusive = [rate for rate in rates if not rate.is_inclusive]
    inside = sum((rate.percentage for rate in inclusive), Decimal(0))
    net = Decimal(amount_minor) * 100 / (100 + inside)
    included = round_half_even(amount_minor - net)
    on_top = sum((rate.percentage for rate in exclusive), Decimal(0))
    added = round_half_even((amount_minor - included) * on_top / 100)
    return AmountTax(added, included, (*_shares(included, inclusive), *_shares(added, exclusive)))


def sum_shares(taxes: Sequence[AmountTax]) -> tuple[TaxShare, ...]:
    """Add up the shares of several amounts by jurisdiction, in the order they first appear."""
    sums: dict[tuple[str, Decimal, bool], int] = {}
    for tax in taxes:
        for share in tax.shares:
            key = (share.jurisdiction, share.percentage, share.is_inclusive)
            sums[key] = sums.get(key, 0) + share.amount_minor
    return tuple(
        TaxShare(jurisdiction, percentage, amount, is_inclusive)
        for (jurisdiction, percentage, is_inclusive), amount in sums.items()
    )


def _shares(amount: int, rates: Sequence[Rate]) -> list[TaxShare]:
    weights = [int(rate.percentage * 10_000) for rate in rates]
    return [
        TaxShare(rate.jurisdiction, rate.percentage, part, rate.is_inclusive)
        for rate, part in zip(rates, allocate(amount, weights), strict=True)
    ]
