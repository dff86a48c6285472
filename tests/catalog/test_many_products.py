"""Many products at once: as cheap as one, and each for itself."""

from __future__ import annotations

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Merchant
from commerce.catalog.changes import FieldChange
from commerce.catalog.models import Media, Product, Variant
from commerce.catalog.product_data import ProductData, StockData
from commerce.catalog.rules import InvalidProductError
from commerce.inventory.models import StockItem
from commerce.inventory.stocking import (
    ImpossibleStockError,
    Outcome,
    StockedChange,
    preview_stocked_products,
    upsert_stocked_products,
)
from tests.catalog.samples import FRONT, shop, tote, variant

pytestmark = pytest.mark.django_db


def written(outcome: Outcome) -> StockedChange:
    assert isinstance(outcome, StockedChange)
    return outcome


def world() -> list[object]:
    models = (Product, Variant, Media, StockItem)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def totes(count: int, **changes: object) -> list[ProductData]:
    return [tote(handle=f"tote-{number}", **changes) for number in range(count)]


def test_all_are_made_and_found() -> None:
    merchant = shop()

    outcomes = [written(one) for one in upsert_stocked_products(merchant, totes(3))]

    assert [(one.catalog.product, one.catalog.variants_created, one.stock_created) for one in outcomes] == [
        ("created", 2, 2)
    ] * 3
    assert [one.catalog.product_id for one in outcomes] == list(
        Product.objects.order_by("handle").values_list("pk", flat=True)
    )
    assert Variant.objects.count() == StockItem.objects.count() == Media.objects.count() == 6
    assert Product.objects.filter(search=SearchQuery("cotton", config="english")).count() == 3


def test_search_follows_new_words() -> None:
    merchant = shop()
    upsert_stocked_products(merchant, totes(2))

    upsert_stocked_products(merchant, totes(1, title="Rucksack"))

    assert Product.objects.filter(search=SearchQuery("rucksack", config="english")).count() == 1


def test_again_nothing_is_touched() -> None:
    merchant = shop()
    upsert_stocked_products(merchant, totes(3))
    before = world()
    merchant.refresh_from_db()

    outcomes = [written(one) for one in upsert_stocked_products(merchant, totes(3), is_recounted=True)]

    assert not any(one.is_anything for one in outcomes)
    assert world() == before
    assert Merchant.objects.get(pk=merchant.pk).revision == merchant.revision


@pytest.mark.parametrize("is_recounted", [False, True])
def test_statements_do_not_grow_with_products(is_recounted: bool) -> None:
    def statements(count: int) -> list[int]:
        merchant = shop()
        counts = []
        for changes in ({}, {}, {"title": "Other", "media": tote().media[:1], "variants": (variant("Natural"),)}):
            with CaptureQueriesContext(connection) as captured:
                upsert_stocked_products(merchant, totes(count, **changes), is_recounted=is_recounted)
            counts.append(len(captured))
        return counts

    few = statements(1)
    assert few == statements(30)
    assert max(few) <= 14


def test_one_that_is_refused_costs_only_itself() -> None:
    merchant = shop()
    impossible = tote(variant("Natural", stock=StockData(-5)), handle="impossible")

    outcomes = upsert_stocked_products(
        merchant, [tote(handle="good"), tote(handle="untitled", title=""), impossible, tote(handle="fine")]
    )

    assert [type(one) for one in outcomes] == [
        StockedChange,
        InvalidProductError,
        ImpossibleStockError,
        StockedChange,
    ]
    assert sorted(Product.objects.values_list("handle", flat=True)) == ["fine", "good"]


def test_preview_says_what_the_write_will_do_and_does_nothing() -> None:
    merchant = shop()
    upsert_stocked_products(merchant, [tote()])
    wanted = [
        tote(variant("Natural", price_minor=2600, stock=StockData(9)), variant("Olive"), media=tote().media[:1]),
        tote(handle="new"),
        tote(handle="bad", title=""),
    ]
    before = world()

    previewed = preview_stocked_products(merchant, wanted, is_recounted=True)

    assert world() == before
    done = upsert_stocked_products(merchant, wanted, is_recounted=True)
    first, second = written(previewed[0]), written(previewed[1])
    assert first.catalog.fields == written(done[0]).catalog.fields
    assert [one for one in first.catalog.fields if one.field != "media"] == [
        FieldChange("Natural", "price_minor", 2400, 2600),
        FieldChange("Natural", "sku", "FOG-T-NAT", ""),
        FieldChange("Olive", "status", None, "active"),
        FieldChange("Navy", "status", "active", "inactive"),
        FieldChange("Natural", "on_hand", 7, 9),
    ]
    assert (first.stock_created, first.stock_updated) == (1, 1)
    assert (second.catalog.product, second.catalog.fields) == ("created", ())
    assert isinstance(previewed[2], InvalidProductError)
    assert isinstance(done[2], InvalidProductError)
    assert Media.objects.filter(product__handle="canvas-tote").get().url == FRONT
