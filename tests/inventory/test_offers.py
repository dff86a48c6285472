from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commerce.catalog.models import Variant
from commerce.inventory.offers import load_offers
from tests.factories import MediaFactory, MerchantFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


def test_an_offer_is_what_the_orm_reads() -> None:
    now = timezone.now()
    merchant = MerchantFactory.create()
    product = ProductFactory.create(merchant=merchant, option_names=["Color"], category="Bags", tax_code="bags")
    variant = VariantFactory.create(
        merchant=merchant,
        product=product,
        title="Sand",
        option_values=["Sand"],
        sku="TOTE-SAND",
        price_minor=2400,
        sale_price_minor=1900,
        sale_ends_at=now + timedelta(hours=1),
        max_quantity_per_order=4,
        stock__on_hand=7,
        stock__reserved=2,
    )

    offer = load_offers(merchant.pk, [variant.pk], now=now)[variant.pk]

    fresh = Variant.objects.select_related("product", "stock").get()
    assert offer.price_minor == fresh.price_at(now) == 1900
    assert offer.regular_price_minor == fresh.price_minor
    assert offer.available == fresh.stock.available == 5
    assert (offer.title, offer.variant_title, offer.sku) == (product.title, "Sand", "TOTE-SAND")
    assert offer.options == (("Color", "Sand"),)
    assert (offer.category, offer.tax_code, offer.max_quantity) == ("Bags", "bags", 4)
    assert offer.is_sellable
    assert offer.is_checkout_enabled == product.is_checkout_enabled


def test_the_price_is_that_of_the_moment() -> None:
    now = timezone.now()
    variant = VariantFactory.create(price_minor=2400, sale_price_minor=1900, sale_ends_at=now)

    def price(shift: timedelta) -> int:
        return load_offers(variant.merchant_id, [variant.pk], now=now + shift)[variant.pk].price_minor

    assert [price(timedelta(seconds=-1)), price(timedelta(0))] == [1900, 2400]


def test_a_variants_own_picture_comes_first() -> None:
    product = ProductFactory.create()
    plain, own = (VariantFactory.create(merchant=product.merchant, product=product) for _ in range(2))
    MediaFactory.create(product=product, position=1, url="https://cdn.example/general.jpg")
    MediaFactory.create(product=product, position=2, variant=own, url="https://cdn.example/own.jpg")

    offers = load_offers(product.merchant_id, [plain.pk, own.pk], now=timezone.now())

    assert offers[plain.pk].image_url == "https://cdn.example/general.jpg"
    assert offers[own.pk].image_url == "https://cdn.example/own.jpg"


def test_without_stock_nothing_can_be_promised() -> None:
    variant = VariantFactory.create(stock=False)
    oversold = VariantFactory.create(stock__on_hand=-2, stock__allow_backorder=True)
    endless = VariantFactory.create(stock__is_tracked=False)

    def available(one: Variant) -> int | None:
        return load_offers(one.merchant_id, [one.pk], now=timezone.now())[one.pk].available

    assert [available(variant), available(oversold), available(endless)] == [0, 0, None]


def test_another_merchants_variants_are_missing() -> None:
    mine, theirs = VariantFactory.create(), VariantFactory.create()

    offers = load_offers(mine.merchant_id, [mine.pk, theirs.pk, "var_nothing"], now=timezone.now())

    assert set(offers) == {mine.pk}


@pytest.mark.parametrize("count", [1, 50])
def test_takes_one_statement_for_any_number(count: int) -> None:
    merchant = MerchantFactory.create()
    ids = [VariantFactory.create(merchant=merchant).pk for _ in range(count)]

    with CaptureQueriesContext(connection) as queries:
        offers = load_offers(merchant.pk, ids, now=timezone.now())

    assert (len(queries), len(offers)) == (1, count)
