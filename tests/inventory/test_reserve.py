from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from commerce.catalog.models import Variant
from commerce.inventory.models import Reservation, StockItem
from commerce.inventory.services import (
    UNITS,
    StockMovedError,
    commit_writes,
    recount_stock,
    release,
    reserve_writes,
    restock,
    set_stock,
)
from commerce.statements import LostUpdateError, write
from tests.factories import VariantFactory

pytestmark = pytest.mark.django_db


def hold(quantities: dict[str, int], reference: str = "pay_1") -> None:
    now = timezone.now()
    write(*reserve_writes(quantities, reference=reference, expires_at=now + timedelta(minutes=15), now=now))


def levels(*variants: Variant) -> list[tuple[int, int]]:
    items = {item.pk: item for item in StockItem.objects.all()}
    return [(items[one.pk].on_hand, items[one.pk].reserved) for one in variants]


def test_units_are_held_then_sold() -> None:
    tote, cap = VariantFactory.create(stock__on_hand=5), VariantFactory.create(stock__on_hand=5)

    hold({tote.pk: 2, cap.pk: 1})
    held = levels(tote, cap)
    write(*commit_writes(2, reference="pay_1"))

    assert (held, levels(tote, cap)) == ([(5, 2), (5, 1)], [(3, 0), (4, 0)])
    assert set(Reservation.objects.values_list("status", flat=True)) == {"committed"}


def test_units_are_held_then_given_back_once() -> None:
    tote = VariantFactory.create(stock__on_hand=5)
    hold({tote.pk: 2})

    for _ in range(2):
        release("pay_1")

    assert levels(tote) == [(5, 0)]
    assert Reservation.objects.get().status == "released"


def test_all_or_none_is_held() -> None:
    tote, cap = VariantFactory.create(stock__on_hand=5), VariantFactory.create(stock__on_hand=1)

    with pytest.raises(LostUpdateError) as refused:
        hold({tote.pk: 2, cap.pk: 2})

    assert refused.value.part == UNITS
    assert (levels(tote, cap), Reservation.objects.count()) == ([(5, 0), (1, 0)], 0)


def test_what_others_hold_cannot_be_held() -> None:
    tote = VariantFactory.create(stock__on_hand=3)
    hold({tote.pk: 2}, "pay_1")

    with pytest.raises(LostUpdateError):
        hold({tote.pk: 2}, "pay_2")
    hold({tote.pk: 1}, "pay_3")

    assert levels(tote) == [(3, 3)]


def test_a_variant_without_stock_cannot_be_held() -> None:
    with pytest.raises(LostUpdateError):
        hold({VariantFactory.create(stock=False).pk: 1})


def test_untracked_stock_and_backorders_can_always_be_held() -> None:
    endless = VariantFactory.create(stock__on_hand=0, stock__is_tracked=False)
    later = VariantFactory.create(stock__on_hand=0, stock__allow_backorder=True)

    hold({endless.pk: 5, later.pk: 5})
    write(*commit_writes(2, reference="pay_1"))

    assert levels(endless, later) == [(0, 0), (-5, 0)]


def test_what_is_not_held_cannot_be_sold() -> None:
    tote = VariantFactory.create(stock__on_hand=5)

    with pytest.raises(LostUpdateError):
        write(*commit_writes(1, reference="pay_nothing"))

    assert levels(tote) == [(5, 0)]


def test_the_database_refuses_to_oversell() -> None:
    tote = VariantFactory.create(stock__on_hand=1)

    with pytest.raises(IntegrityError, match="stock_not_oversold"), transaction.atomic():
        StockItem.objects.filter(pk=tote.pk).update(reserved=2)
    with pytest.raises(IntegrityError, match="stock_reserved_not_negative"), transaction.atomic():
        StockItem.objects.filter(pk=tote.pk).update(reserved=-1)


def test_returned_units_are_on_hand_again() -> None:
    tote = VariantFactory.create(stock__on_hand=1)

    restock({tote.pk: 2})

    assert levels(tote) == [(3, 0)]


def test_setting_stock_keeps_what_is_reserved() -> None:
    tote = VariantFactory.create(stock__on_hand=5)
    hold({tote.pk: 2})

    set_stock(tote.pk, on_hand=9)

    assert levels(tote) == [(9, 2)]


def test_a_recount_holds_only_while_nothing_has_moved() -> None:
    tote = VariantFactory.create(stock__on_hand=5)
    hold({tote.pk: 2})

    for seen, on_hand in [(5, 9), (5, 9), (9, 8)]:
        recount_stock(tote.pk, seen=seen, on_hand=on_hand, is_tracked=True, allow_backorder=False)
    with pytest.raises(StockMovedError):
        recount_stock(tote.pk, seen=5, on_hand=20, is_tracked=True, allow_backorder=True)

    assert levels(tote) == [(8, 2)]
    assert not StockItem.objects.get().allow_backorder
