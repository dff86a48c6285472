"""Parts sum to the whole, for any cart, discounts, taxes and currency."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.money import decimal_text, parse_decimal
from commerce.pricing.discounts import Promotion, apply_discounts
from commerce.pricing.taxes import Rate, tax_on
from commerce.pricing.totals import PriceBreakdown, break_down, items_amounts, line_discounts

NOW = datetime(2026, 11, 23, tzinfo=UTC)

carts = st.lists(
    st.tuples(st.integers(min_value=0, max_value=10**8), st.integers(min_value=1, max_value=999)),
    min_size=1,
    max_size=12,
)
percents = st.decimals(min_value="0.01", max_value=100, places=2)
kinds = st.one_of(
    percents.map(lambda percent: {"percent": percent}),
    st.integers(min_value=1, max_value=10**9).map(lambda amount: {"amount_minor": amount}),
    st.just({"is_free_shipping": True}),
)
promotions = st.lists(
    st.builds(
        lambda kind, priority, is_combinable, number: Promotion(
            f"disc_{number}", "P", priority=priority, is_combinable=is_combinable, **kind
        ),
        kinds,
        st.integers(1, 5),
        st.booleans(),
        st.integers(0, 10**6),
    ),
    max_size=5,
)
rates = st.lists(
    st.builds(
        Rate,
        st.sampled_from(["State", "City", "County"]),
        st.decimals(min_value="0.0001", max_value=30, places=4),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda rate: rate.jurisdiction,
)


def price(
    cart: list[tuple[int, int]], offered: list[Promotion], shipping: int, applied: list[Rate]
) -> PriceBreakdown:
    amounts = items_amounts(cart)
    discounts = apply_discounts(
        codes=(), promotions=offered, line_amounts=amounts, shipping_minor=shipping, now=NOW
    )
    off = line_discounts(discounts, len(amounts))
    shipping_off = sum(one.shipping_minor for one in discounts.applied)
    return break_down(
        line_amounts=amounts,
        discounts=discounts,
        fulfillment_minor=shipping,
        line_taxes=[tax_on(amount - part, applied) for amount, part in zip(amounts, off, strict=True)],
        fulfillment_tax=tax_on(shipping - shipping_off, applied),
    )


@settings(max_examples=300)
@given(carts, promotions, st.integers(0, 10**6), rates, st.sampled_from(["usd", "jpy", "kwd"]))
def test_parts_sum_to_the_whole(
    cart: list[tuple[int, int]], offered: list[Promotion], shipping: int, applied: list[Rate], currency: str
) -> None:
    whole = price(cart, offered, shipping, applied)

    assert whole.total_minor == (
        whole.items_minor
        - whole.items_discount_minor
        - whole.discount_minor
        + whole.fulfillment_minor
        + whole.tax_minor
    )
    assert whole.items_minor == sum(line.items_minor for line in whole.lines)
    assert whole.items_discount_minor == sum(line.items_discount_minor for line in whole.lines)
    shipping_tax = whole.tax_minor - sum(line.tax_minor for line in whole.lines)
    assert shipping_tax >= 0
    lines = sum(line.total_minor for line in whole.lines)
    assert whole.total_minor == lines + whole.fulfillment_minor - whole.discount_minor + shipping_tax
    assert sum(share.amount_minor for share in whole.tax_shares) == whole.tax_minor + whole.included_tax_minor
    assert parse_decimal(decimal_text(whole.total_minor, currency), currency) == whole.total_minor


@settings(max_examples=300)
@given(carts, promotions, st.integers(0, 10**6), rates)
def test_nothing_is_ever_negative(
    cart: list[tuple[int, int]], offered: list[Promotion], shipping: int, applied: list[Rate]
) -> None:
    whole = price(cart, offered, shipping, applied)

    assert 0 <= whole.discount_minor <= whole.fulfillment_minor
    assert whole.total_minor >= 0
    for line in whole.lines:
        assert 0 <= line.items_discount_minor <= line.items_minor
        assert 0 <= line.included_tax_minor <= line.subtotal_minor
        assert line.tax_minor >= 0


@given(carts, st.integers(0, 10**6))
def test_without_discounts_and_taxes_it_is_items_and_shipping(cart: list[tuple[int, int]], shipping: int) -> None:
    whole = price(cart, [], shipping, [])

    assert whole.total_minor == sum(unit * quantity for unit, quantity in cart) + shipping


def test_a_basket_in_yen_has_no_fractions() -> None:
    whole = price(
        [(1980, 2), (330, 1)],
        [Promotion("p", "P", percent=Decimal(15))],
        600,
        [Rate("Consumption tax", Decimal(10), is_inclusive=True)],
    )

    assert (whole.items_minor, whole.items_discount_minor) == (4290, 594 + 50)
    assert (whole.total_minor, whole.included_tax_minor) == (4246, 306 + 25 + 55)
    assert decimal_text(whole.total_minor, "jpy") == "4246"


def test_a_basket_in_dinar_has_three_digits() -> None:
    whole = price([(12_345, 1)], [], 1_500, [Rate("VAT", Decimal(5))])

    assert decimal_text(whole.total_minor, "kwd") == "14.537"
