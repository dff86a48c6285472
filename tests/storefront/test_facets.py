from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product
from commerce.storefront import facets as counting
from commerce.storefront.facets import Count, Facets, facets
from commerce.storefront.wanted import Filters, Wanted, read_question
from tests.clock import NOW
from tests.factories import MerchantFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Merchant:
    """Two shirts of two colors each, one of them in two sizes, and a mug."""
    shop = MerchantFactory.create()
    words = {"brand": "Fogline", "category": "Clothing", "tags": ["cotton"], "description": ""}
    plain = ProductFactory.create(merchant=shop, title="Shirt", option_names=["Color"], **words)
    sized = ProductFactory.create(merchant=shop, title="Shirt XL", option_names=["Color", "Size"], **words)
    mug = ProductFactory.create(merchant=shop, title="Mug", brand="", category="Kitchen", description="")
    for place, (product, values, price) in enumerate((
        (plain, ["Navy"], 1000), (plain, ["Sand"], 1500),
        (sized, ["Navy", "M"], 2000), (sized, ["Navy", "L"], 2500), (sized, ["Rust", "L"], 3000),
        (mug, [], 500),
    )):  # fmt: skip
        VariantFactory.create(
            merchant=shop, product=product, option_values=values, price_minor=price, position=place
        )
    VariantFactory.create(merchant=shop, product=mug, option_values=["gone"], status="inactive", price_minor=1)
    VariantFactory.create(product__title="Shirt", product__brand="Elsewhere")
    return shop


def test_counts_products_not_variants(shop: Merchant) -> None:
    with CaptureQueriesContext(connection) as queries:
        counted = facets(shop.pk, Wanted(read_question("shirt")), now=NOW)

    assert len(queries) == 1
    assert counted == Facets(
        products=2,
        is_complete=True,
        price_min=1000,
        price_max=3000,
        brands=(Count("Fogline", 2),),
        categories=(Count("Clothing", 2),),
        tags=(Count("cotton", 2),),
        options=(
            ("Color", (Count("Navy", 2), Count("Rust", 1), Count("Sand", 1))),
            ("Size", (Count("L", 1), Count("M", 1))),
        ),
        conditions=(Count("new", 2),),
    )


def test_counts_within_the_filters(shop: Merchant) -> None:
    counted = facets(shop.pk, Wanted(filters=Filters(price_min=2500)), now=NOW)

    assert (counted.products, counted.price_min, counted.price_max) == (1, 2500, 3000)
    assert counted.options[0] == ("Color", (Count("Navy", 1), Count("Rust", 1)))


def test_what_has_no_brand_counts_for_none(shop: Merchant) -> None:
    counted = facets(shop.pk, Wanted(), now=NOW)

    assert (counted.products, counted.brands) == (3, (Count("Fogline", 2),))
    assert counted.categories == (Count("Clothing", 2), Count("Kitchen", 1))


def test_conditions_are_counted_as_the_filter_finds_them(shop: Merchant) -> None:
    Product.objects.filter(title="Mug").update(condition="used")
    Product.objects.filter(title="Shirt").update(condition="new")

    counted = facets(shop.pk, Wanted(), now=NOW)

    assert counted.conditions == (Count("new", 2), Count("used", 1))
    for one in counted.conditions:
        found = facets(shop.pk, Wanted(filters=Filters(conditions=(one.value,))), now=NOW)
        assert (found.products, found.conditions) == (one.products, (one,))


def test_nothing_found_has_no_facets(shop: Merchant) -> None:
    nothing = Facets(0, True, None, None, (), (), (), (), ())

    assert facets(shop.pk, Wanted(read_question("tent")), now=NOW) == nothing


def test_too_many_products_are_said_to_be_counted_in_part(shop: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MAX_PRODUCTS", 2)

    counted = facets(shop.pk, Wanted(), now=NOW)

    assert (counted.products, counted.is_complete) == (2, False)
    assert facets(shop.pk, Wanted(read_question("shirt")), now=NOW).is_complete
