from __future__ import annotations

import pytest

from commerce.catalog.models import Product
from commerce.catalog.product_data import StockData
from commerce.inventory.models import StockItem
from commerce.inventory.stocking import ImpossibleStockError, upsert_stocked_product
from tests.catalog.samples import shop, tote, variant

pytestmark = pytest.mark.django_db


def levels() -> list[tuple[int, int, bool, bool]]:
    rows = StockItem.objects.order_by("variant__position")
    return list(rows.values_list("on_hand", "reserved", "is_tracked", "allow_backorder"))


def test_new_variants_get_their_stock() -> None:
    data = tote(
        variant("Natural"),
        variant("Navy", stock=StockData(on_hand=-2, allow_backorder=True)),
        variant("Olive", stock=StockData(is_tracked=False)),
    )

    change = upsert_stocked_product(shop(), data)

    assert (change.stock_created, change.stock_updated) == (3, 0)
    assert levels() == [(7, 0, True, False), (-2, 0, True, True), (0, 0, False, False)]


def test_stock_that_sales_have_moved_stays() -> None:
    merchant = shop()
    upsert_stocked_product(merchant, tote(variant("Natural")))
    StockItem.objects.update(on_hand=4, reserved=1)

    change = upsert_stocked_product(merchant, tote(variant("Natural")))

    assert (change.stock_created, change.stock_updated) == (0, 0)
    assert levels() == [(4, 1, True, False)]


def test_recount_sets_stock_and_keeps_what_is_reserved() -> None:
    merchant = shop()
    upsert_stocked_product(merchant, tote())
    StockItem.objects.filter(variant__option_values=["Natural"]).update(on_hand=4, reserved=1)

    change = upsert_stocked_product(merchant, tote(), is_recounted=True)

    assert (change.stock_created, change.stock_updated) == (0, 1)
    assert levels() == [(7, 1, True, False), (7, 0, True, False)]


def test_refuses_a_count_below_what_is_held() -> None:
    merchant = shop()
    upsert_stocked_product(merchant, tote(variant("Natural")))
    StockItem.objects.update(reserved=3)

    counted = tote(variant("Natural", stock=StockData(on_hand=2)), title="Renamed")
    with pytest.raises(ImpossibleStockError, match="2 on hand is fewer than the 3 held for buyers right now"):
        upsert_stocked_product(merchant, counted, is_recounted=True)

    assert levels() == [(7, 3, True, False)]
    assert Product.objects.get().title == "Canvas Tote"


@pytest.mark.parametrize("stock", [StockData(on_hand=-1), StockData(on_hand=3_000_000_000)])
def test_refuses_impossible_numbers(stock: StockData) -> None:
    with pytest.raises(ImpossibleStockError):
        upsert_stocked_product(shop(), tote(variant("Natural", stock=stock)))

    assert not Product.objects.exists()


def test_levels_of_which_nothing_is_said_stay() -> None:
    merchant = shop()
    upsert_stocked_product(merchant, tote(variant("Natural", stock=StockData(7, allow_backorder=True))))

    count = StockData(-3, is_tracked=False, kept=frozenset(("is_tracked", "allow_backorder")))
    change = upsert_stocked_product(
        merchant, tote(variant("Natural", stock=count), variant("Navy", stock=count)), is_recounted=True
    )

    assert (change.stock_created, change.stock_updated) == (1, 1)
    assert levels() == [(-3, 0, True, True), (-3, 0, False, False)]


def test_stock_that_is_kept_is_not_recounted() -> None:
    merchant = shop()
    upsert_stocked_product(merchant, tote(variant("Natural")))

    silent = variant("Natural", stock=StockData(0), kept=frozenset(("stock",)))
    change = upsert_stocked_product(merchant, tote(silent), is_recounted=True)

    assert (change.stock_created, change.stock_updated, change.is_anything) == (0, 0, False)
    assert levels() == [(7, 0, True, False)]
