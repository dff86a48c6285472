"""Whatever catalog the demo is given, every way through the checkout can be tried in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.demo.additions import complete_catalog, complete_discounts, complete_shipping
from commerce.catalog.models import Product, Variant
from commerce.discounts.models import Discount
from commerce.fulfillment.models import FulfillmentMethod
from commerce.inventory.models import StockItem
from tests.factories import DiscountFactory, FulfillmentMethodFactory, MerchantFactory, VariantFactory

NOW = datetime(2026, 5, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_empty_catalog_gets_all_that_is_needed() -> None:
    merchant = MerchantFactory.create()

    items = complete_catalog(merchant)

    assert len(set(items.in_stock)) == 4
    assert StockItem.objects.filter(pk__in=items.in_stock, on_hand__gte=1000).count() == 4
    assert StockItem.objects.get(pk=items.out_of_stock).available == 0
    assert Variant.objects.get(pk=items.digital).is_digital


def test_single_pieces_are_restocked_and_others_left_alone() -> None:
    merchant = MerchantFactory.create()
    variants = [VariantFactory.create(merchant=merchant, stock__on_hand=1) for _ in range(5)]

    items = complete_catalog(merchant)

    assert items.in_stock == [variant.pk for variant in variants[:4]]
    assert StockItem.objects.filter(pk__in=items.in_stock, on_hand=1000).count() == 4
    assert StockItem.objects.get(pk=variants[4].pk).on_hand == 1


def test_what_the_catalog_has_is_used() -> None:
    merchant = MerchantFactory.create()
    empty = VariantFactory.create(merchant=merchant, stock__on_hand=0)
    download = VariantFactory.create(merchant=merchant, is_digital=True, stock__is_tracked=False)

    items = complete_catalog(merchant)

    assert (items.out_of_stock, items.digital) == (empty.pk, download.pk)


def test_variants_of_one_product_are_taken_where_there_are_no_others() -> None:
    merchant = MerchantFactory.create()
    first = VariantFactory.create(merchant=merchant)
    others = [VariantFactory.create(merchant=merchant, product=first.product) for _ in range(3)]

    assert set(complete_catalog(merchant).in_stock) == {first.pk, *(one.pk for one in others)}


def test_another_run_adds_nothing() -> None:
    merchant = MerchantFactory.create()
    first = complete_catalog(merchant)

    again = complete_catalog(merchant)

    assert again == first
    assert Product.objects.filter(merchant=merchant).count() == 6


def test_codes_are_found_or_made() -> None:
    merchant = MerchantFactory.create()
    DiscountFactory.create(merchant=merchant, code="ONCE", usage_limit=1)
    DiscountFactory.create(merchant=merchant, code="SPRING", ends_at=datetime(2026, 4, 1, tzinfo=UTC))

    codes = complete_discounts(merchant, now=NOW)

    assert codes == {"percent": "DEMO10", "expired": "SPRING"}
    assert Discount.objects.get(merchant=merchant, code="DEMO10").percent == 10


def test_shipping_is_added_only_where_it_is_missing() -> None:
    bare, equipped = MerchantFactory.create(), MerchantFactory.create()
    for title in ("Standard", "Express"):
        FulfillmentMethodFactory.create(merchant=equipped, title=title)

    for merchant in (bare, equipped, bare):
        complete_shipping(merchant, country="US")

    assert FulfillmentMethod.objects.filter(merchant=bare).count() == 2
    assert FulfillmentMethod.objects.filter(merchant=equipped).count() == 2
