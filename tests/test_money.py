from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.money import (
    CURRENCIES,
    CurrencyMismatchError,
    Money,
    allocate,
    decimal_text,
    exponent,
    parse_decimal,
    round_half_even,
)

amounts = st.integers(min_value=0, max_value=10**12)
weights = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("currency", "digits"), [("usd", 2), ("eur", 2), ("jpy", 0), ("krw", 0), ("kwd", 3), ("bhd", 3)]
)
def test_knows_how_many_digits_a_currency_has(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1999, "usd", "19.99"),
        (5, "usd", "0.05"),
        (500, "jpy", "500"),
        (1234, "kwd", "1.234"),
        (-1999, "usd", "-19.99"),
    ],
)
def test_writes_minor_units_as_decimals(minor: int, currency: str, text: str) -> None:
    assert decimal_text(minor, currency) == text
    assert parse_decimal(text, currency) == minor
    assert str(Money(minor, currency)) == f"{text} {currency.upper()}"


@pytest.mark.parametrize("text", ["19.999", "1e-3", "", "NaN", "Infinity", "12,50", "$5", "1 000"])
def test_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|digits"):
        parse_decimal(text, "usd")


@given(amounts, st.sampled_from(sorted(CURRENCIES)))
def test_every_amount_survives_being_written(minor: int, currency: str) -> None:
    assert parse_decimal(decimal_text(minor, currency), currency) == minor


@pytest.mark.parametrize("minor", [1.0, True, "1", None])
def test_minor_units_are_integers(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "usd")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["USD", "zzz", ""])
def test_currencies_are_lower_case_iso_codes(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, currency)


def test_currencies_do_not_mix() -> None:
    assert Money(100, "usd") + Money(50, "usd") - Money(20, "usd") == Money(130, "usd")
    assert Money(100, "usd") * 3 == Money(300, "usd")
    with pytest.raises(CurrencyMismatchError):
        Money(100, "usd") + Money(100, "eur")


@given(amounts, weights)
def test_parts_sum_to_the_whole(amount: int, shares: list[int]) -> None:
    if sum(shares) == 0:
        shares[0] = 1

    parts = allocate(amount, shares)

    assert sum(parts) == amount
    assert all(part >= 0 for part in parts)
    assert all(part == 0 for part, share in zip(parts, shares, strict=True) if share == 0)


@given(amounts, weights)
def test_each_part_is_within_one_of_its_share(amount: int, shares: list[int]) -> None:
    whole = sum(shares) or 1

    parts = allocate(amount, shares) if sum(shares) else [0] * len(shares)

    for part, share in zip(parts, shares, strict=True):
        assert abs(part - amount * share / whole) < 1 + 1e-3


def test_allocation_is_by_largest_remainder_then_by_place() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(5, [3, 3, 4]) == [2, 1, 2]
    assert allocate(0, [0, 0]) == [0, 0]
    assert [part.minor for part in Money(10, "usd").allocate([1, 2])] == [3, 7]


def test_nothing_can_be_split_over_nothing() -> None:
    with pytest.raises(ValueError, match="zero"):
        allocate(1, [0, 0])


@pytest.mark.parametrize(
    ("value", "rounded"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.51", 3), ("-0.5", 0), ("-1.5", -2)]
)
def test_rounds_ties_to_the_even_neighbour(value: str, rounded: int) -> None:
    assert round_half_even(Decimal(value)) == rounded
