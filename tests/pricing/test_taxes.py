from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.pricing.taxes import AmountTax, Rate, sum_shares, tax_on

rates = st.lists(
    st.builds(
        Rate,
        jurisdiction=st.uuids().map(str),
        percentage=st.decimals(min_value=0, max_value=30, places=4).map(lambda one: one or Decimal(1)),
        is_inclusive=st.booleans(),
    ),
    max_size=5,
)


@pytest.mark.parametrize(
    ("amount", "percentage", "added"),
    [(2400, "7.25", 174), (1000, "8.625", 86), (200, "6.25", 12), (280, "6.25", 18), (0, "20", 0), (1, "49", 0)],
)
def test_adds_a_rate_rounded_half_to_even(amount: int, percentage: str, added: int) -> None:
    assert tax_on(amount, [Rate("CA", Decimal(percentage))]).added_minor == added


@pytest.mark.parametrize(("amount", "percentage", "included"), [(1200, "20", 200), (119, "19", 19), (100, "7", 7)])
def test_takes_an_inclusive_rate_out_of_the_price(amount: int, percentage: str, included: int) -> None:
    tax = tax_on(amount, [Rate("VAT", Decimal(percentage), is_inclusive=True)])

    assert (tax.added_minor, tax.included_minor) == (0, included)


def test_jurisdictions_share_one_rounded_sum() -> None:
    tax = tax_on(1000, [Rate("State", Decimal("7.25")), Rate("City", Decimal("1.375"))])

    assert tax.added_minor == 86
    assert [(share.jurisdiction, share.amount_minor) for share in tax.shares] == [("State", 72), ("City", 14)]


def test_exclusive_rates_apply_to_what_inclusive_ones_leave() -> None:
    tax = tax_on(1100, [Rate("GST", Decimal(10), is_inclusive=True), Rate("Levy", Decimal(5))])

    assert (tax.included_minor, tax.added_minor) == (100, 50)


def test_without_rates_there_is_no_tax() -> None:
    assert tax_on(999, []) == AmountTax()


@given(st.integers(min_value=0, max_value=10**9), rates)
def test_shares_sum_to_the_tax(amount: int, applied: list[Rate]) -> None:
    tax = tax_on(amount, applied)

    inside = sum(share.amount_minor for share in tax.shares if share.is_inclusive)
    on_top = sum(share.amount_minor for share in tax.shares if not share.is_inclusive)
    assert (inside, on_top) == (tax.included_minor, tax.added_minor)
    assert 0 <= tax.included_minor <= amount
    assert tax.added_minor >= 0


def test_tax_per_line_differs_from_tax_per_order() -> None:
    """Three lines of 0.50 at 9 %: 0.045 rounds to 0.04 each, while 1.50 would round to 0.14."""
    rate = [Rate("R", Decimal(9))]

    per_line = [tax_on(50, rate) for _ in range(3)]

    assert sum(tax.added_minor for tax in per_line) == 12
    assert tax_on(150, rate).added_minor == 14
    assert sum_shares(per_line)[0].amount_minor == 12
