from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from commerce.pricing.discounts import DiscountResult, Promotion, apply_discounts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def apply(
    *promotions: Promotion, codes: tuple[str, ...] = (), lines: tuple[int, ...] = (5000,), shipping: int = 500
) -> DiscountResult:
    return apply_discounts(
        codes=codes, promotions=promotions, line_amounts=lines, shipping_minor=shipping, now=NOW
    )


def amounts(result: DiscountResult) -> list[tuple[str, int]]:
    return [(one.promotion.id, one.amount_minor) for one in result.applied]


def test_a_percentage_is_taken_of_each_line_and_rounded_to_even() -> None:
    result = apply(Promotion("p", "Half", percent=Decimal(50)), lines=(5, 7, 101))

    assert result.applied[0].per_line == (2, 4, 50)


def test_an_amount_is_spread_by_value_and_never_exceeds_it() -> None:
    ten = Promotion("t", "Ten", amount_minor=1000)

    assert apply(ten, lines=(2000, 1000)).applied[0].per_line == (667, 333)
    assert apply(ten, lines=(300, 200)).applied[0].per_line == (300, 200)


def test_free_shipping_takes_shipping_only() -> None:
    (applied,) = apply(Promotion("f", "Free", is_free_shipping=True)).applied

    assert (applied.per_line, applied.shipping_minor) == ((0,), 500)


def test_later_discounts_see_what_is_left() -> None:
    first = Promotion("b", "First", percent=Decimal(50), priority=1)
    second = Promotion("a", "Second", percent=Decimal(50), priority=2)

    assert amounts(apply(second, first)) == [("b", 2500), ("a", 1250)]


def test_a_code_applies_only_where_it_was_given() -> None:
    coded = Promotion("c", "Coded", code="TEN", percent=Decimal(10))

    assert amounts(apply(coded)) == []
    assert amounts(apply(coded, codes=("ten",))) == [("c", 500)]


def test_an_automatic_promotion_that_gives_nothing_is_not_listed() -> None:
    free = Promotion("f", "Free", is_free_shipping=True)

    assert amounts(apply(free, shipping=0)) == []


@pytest.mark.parametrize("shift", [timedelta(seconds=-1), timedelta(0)])
def test_an_end_is_exclusive(shift: timedelta) -> None:
    promotion = Promotion("p", "P", code="P", percent=Decimal(10), ends_at=NOW + shift)

    assert [one.reason for one in apply(promotion, codes=("P",)).rejected] == ["expired"]


def test_a_start_is_inclusive() -> None:
    promotion = Promotion("p", "P", code="P", percent=Decimal(10), starts_at=NOW)

    assert amounts(apply(promotion, codes=("P",))) == [("p", 500)]


def test_the_minimum_counts_the_items_before_discounts() -> None:
    half = Promotion("h", "Half", percent=Decimal(50), priority=1)
    least = Promotion("m", "M", code="M", amount_minor=100, minimum_subtotal_minor=5000, priority=2)

    assert amounts(apply(half, least, codes=("M",))) == [("h", 2500), ("m", 100)]
    assert [one.reason for one in apply(half, least, codes=("M",), lines=(4999,)).rejected] == ["minimum_not_met"]


def test_whatever_stands_alone_keeps_others_out_or_stays_out() -> None:
    alone = Promotion("a", "Alone", code="ALONE", percent=Decimal(10), is_combinable=False, priority=5)
    first = Promotion("f", "First", code="FIRST", percent=Decimal(10), priority=1)
    last = Promotion("l", "Last", code="LAST", percent=Decimal(10), priority=9)

    behind = apply(alone, first, codes=("ALONE", "FIRST"))
    ahead = apply(alone, last, codes=("ALONE", "LAST"))

    assert (amounts(behind), [one.code for one in behind.rejected]) == ([("f", 500)], ["ALONE"])
    assert (amounts(ahead), [one.code for one in ahead.rejected]) == ([("a", 500)], ["LAST"])


def test_every_code_is_applied_or_rejected() -> None:
    ten = Promotion("t", "Ten", code="TEN", percent=Decimal(10))
    old = Promotion("o", "Old", code="OLD", percent=Decimal(10), ends_at=NOW)

    result = apply(ten, old, codes=("TEN", "OLD", "NOPE", "ten"))

    assert [one.promotion.code for one in result.applied] == ["TEN"]
    assert [(one.code, one.reason) for one in result.rejected] == [
        ("OLD", "expired"),
        ("NOPE", "invalid"),
        ("ten", "already_applied"),
    ]
