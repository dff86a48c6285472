from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.storefront.lookup import By, Key, Match, Status, look_up, product_listing
from tests.clock import NOW
from tests.factories import MerchantFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create()


@pytest.fixture
def tote(shop: Merchant) -> Product:
    product = ProductFactory.create(merchant=shop, handle="canvas-tote", option_names=["Color"])
    for place, (color, gtin) in enumerate((("Navy", "036000291452"), ("Sand", ""))):
        VariantFactory.create(
            merchant=shop, product=product, position=place, option_values=[color], sku=f"T-{color}", gtin=gtin
        )
    return product


def variant(product: Product, color: str) -> Variant:
    return product.variants.get(option_values=[color])


def look(shop: Merchant, by: By, value: str) -> Match:
    return look_up(shop.pk, [Key(by, value)], now=NOW).matches[0]


def test_each_kind_of_key_finds_its_product(shop: Merchant, tote: Product) -> None:
    navy = variant(tote, "Navy")

    for by, value in ((By.ID, navy.pk), (By.SKU, "T-Navy"), (By.GTIN, "036000291452")):
        assert look(shop, by, value) == Match(Key(by, value), Status.FOUND, (tote.pk,), (navy.pk,))
    for by, value in ((By.ID, tote.pk), (By.HANDLE, "canvas-tote")):
        assert look(shop, by, value) == Match(Key(by, value), Status.FOUND, (tote.pk,), ())


@pytest.mark.parametrize("written", ["036000291452", "36000291452", "0036000291452", "00036000291452"])
def test_zeros_ahead_of_a_gtin_do_not_matter(shop: Merchant, tote: Product, written: str) -> None:
    assert look(shop, By.GTIN, written).status is Status.FOUND


def test_answers_follow_the_questions_and_products_come_once(shop: Merchant, tote: Product) -> None:
    navy, sand = variant(tote, "Navy"), variant(tote, "Sand")
    keys = [Key(By.SKU, "T-Sand"), Key(By.SKU, "none"), Key(By.ID, navy.pk), Key(By.SKU, "T-Sand")]

    with CaptureQueriesContext(connection) as queries:
        found = look_up(shop.pk, keys, now=NOW)

    assert len(queries) == 2
    assert [match.status for match in found.matches] == [
        Status.FOUND, Status.NOT_CARRIED, Status.FOUND, Status.FOUND,
    ]  # fmt: skip
    assert [match.key for match in found.matches] == keys
    (listing,) = found.listings
    assert [one.id for one in listing.variants] == [sand.pk, navy.pk]


def test_a_sku_may_name_several(shop: Merchant, tote: Product) -> None:
    other = VariantFactory.create(merchant=shop, sku="T-Navy")

    match = look(shop, By.SKU, "T-Navy")

    assert set(match.variant_ids) == {variant(tote, "Navy").pk, other.pk}
    assert set(match.product_ids) == {tote.pk, other.product_id}


def test_a_product_shows_all_its_variants_for_sale(shop: Merchant, tote: Product) -> None:
    Variant.objects.filter(sku="T-Sand").update(status="inactive")

    (listing,) = look_up(shop.pk, [Key(By.HANDLE, "canvas-tote")], now=NOW).listings

    assert [one.offer.sku for one in listing.variants] == ["T-Navy"]
    assert listing.variant_count == 1


def test_what_was_sold_once_is_told_apart_from_what_never_was(shop: Merchant, tote: Product) -> None:
    Variant.objects.filter(sku="T-Sand").update(status="inactive")
    ProductFactory.create(merchant=shop, handle="draft", status="draft")
    VariantFactory.create(merchant=shop, product__status="draft", sku="DRAFT")
    VariantFactory.create(merchant=shop, product__status="archived", sku="OLD")
    VariantFactory.create(sku="ELSEWHERE")

    assert look(shop, By.SKU, "T-Sand").status is Status.NO_LONGER_SOLD
    assert look(shop, By.SKU, "OLD").status is Status.NO_LONGER_SOLD
    for by, value in ((By.SKU, "DRAFT"), (By.HANDLE, "draft"), (By.SKU, "ELSEWHERE"), (By.SKU, ""), (By.GTIN, "")):
        assert look(shop, by, value).status is Status.NOT_CARRIED, value


@pytest.mark.parametrize("value", ["var_%", "' OR 1=1 --", "9" * 200, "x"])
def test_nonsense_is_not_carried(shop: Merchant, tote: Product, value: str) -> None:
    assert {look(shop, by, value).status for by in By} == {Status.NOT_CARRIED}


def test_one_product_with_everything(shop: Merchant, tote: Product) -> None:
    for key in ({"product_id": tote.pk}, {"handle": "canvas-tote"}, {"variant_id": variant(tote, "Sand").pk}):
        listing = product_listing(shop.pk, now=NOW, **key)
        assert listing is not None
        assert [one.offer.sku for one in listing.variants] == ["T-Navy", "T-Sand"]


def test_what_is_not_on_show_is_no_product(shop: Merchant, tote: Product) -> None:
    navy = variant(tote, "Navy")
    Variant.objects.filter(pk=navy.pk).update(status="inactive")
    assert product_listing(shop.pk, variant_id=navy.pk, now=NOW) is None
    assert product_listing(MerchantFactory.create().pk, product_id=tote.pk, now=NOW) is None

    Product.objects.update(status="archived")
    assert product_listing(shop.pk, product_id=tote.pk, now=NOW) is None
