"""A product's public page: what people read, what machines read, and what is there when it is gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.catalog.models import Media, Product, Variant
from commerce.inventory.models import StockItem
from commerce.inventory.offers import load_offers
from commerce.pages import structured as structured_module
from commerce.pages.structured import is_gtin
from commerce.places import COUNTRIES
from merchants.seeding import seed
from tests.factories import (
    FulfillmentMethodFactory,
    MediaFactory,
    MerchantFactory,
    PickupLocationFactory,
    ProductFactory,
    ShippingZoneFactory,
    VariantFactory,
)
from tests.pages.reading import Page
from tests.pages.shelves import harbor
from tests.pages.structured_shapes import check_structured

pytestmark = pytest.mark.django_db

HARBOR = "harbor-supply"


@pytest.fixture
def shops(db: None) -> None:
    harbor("titanium-spork", "enamel-camp-mug", "insulated-bottle")


def get(path: str, *, status: int = 200, **headers: str) -> Any:
    response = Client().get(f"/products/{path}", headers=headers)
    assert response.status_code == status, response.content.decode()
    return response


def page(path: str, *, status: int = 200) -> Page:
    return Page(get(path, status=status).content.decode())


def structured(shown: Page) -> dict[str, Any]:
    (script,) = shown.scripts
    data: dict[str, Any] = json.loads(script)
    check_structured(data)
    return data


def variant(sku: str) -> Variant:
    return Variant.objects.get(sku=sku)


@pytest.mark.usefixtures("shops")
def test_says_where_to_buy_what_agents_do_not_sell() -> None:
    Product.objects.filter(handle="titanium-spork").update(
        is_checkout_enabled=False, url="https://harborsupply.example/spork"
    )

    shown, other = page(f"{HARBOR}/titanium-spork"), page(f"{HARBOR}/insulated-bottle")

    words = "Agents can show it to you, and not buy it. Harbor Supply Co. sells it on its own pages only."
    assert (words in shown.texts, words in other.texts) == (True, False)
    assert "https://harborsupply.example/spork" in shown.links
    assert "Give the address of this page" not in shown.text


def test_tells_what_it_is_what_it_costs_and_how_it_comes() -> None:
    seed()

    shown = page(f"{HARBOR}/insulated-bottle")

    assert shown.texts.count("Insulated Bottle") == 1
    assert "Tarn & Tallow" in shown.texts
    assert "$29.00" in shown.texts
    assert "In stock" in shown.texts
    assert "Size: 500 ml" in shown.text
    assert "keep tea hot through a night watch" in shown.text
    assert shown.row("Standard with USPS") == ["3 to 6 working days, to US", "$5.95"]
    assert shown.row("Evening delivery in San Francisco with Harbor Supply") == [
        "1 working day, to some places in CA, US",
        "$9.50",
    ]
    assert shown.row("International with USPS") == ["8 to 15 working days, to 248 countries", "$24.95"]
    assert shown.row("Pick up at the store") == ["Harbor Supply Store, San Francisco", "Free"]
    assert shown.row("SKU") == ["TT-BTL-500-SND"]
    assert {"https://harborsupply.example/shipping", "https://harborsupply.example/returns"} <= set(shown.links)
    assert variant("TT-BTL-500-SND").pk in shown.texts


def test_the_variant_named_is_the_one_shown(shops: None) -> None:
    chosen = variant("TT-BTL-750-PIN")

    shown = page(f"{HARBOR}/insulated-bottle?variant={chosen.pk}")

    assert "$36.00" in shown.texts
    assert shown.row("SKU") == ["TT-BTL-750-PIN"]
    assert chosen.pk in shown.texts
    assert structured(shown)["hasVariant"][0]["sku"] == "TT-BTL-750-PIN"


def test_every_variants_page_has_its_own_offer_ahead(shops: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structured_module, "MAX_VARIANTS", 2)
    for one in Variant.objects.filter(product__handle="insulated-bottle"):
        shown = page(f"{HARBOR}/insulated-bottle?variant={one.pk}")

        first, _ = structured(shown)["hasVariant"]
        price = f"{one.price_minor / 100:.2f}"
        assert (first["sku"], first["offers"]["price"], shown.told["product:price:amount"]) == (
            one.sku,
            price,
            price,
        )
        assert first["offers"]["url"].endswith(f"/insulated-bottle?variant={one.pk}")
        assert shown.told["canonical"].endswith("/insulated-bottle")


def test_options_lead_to_the_variants_that_differ_least(shops: None) -> None:
    shown = page(f"{HARBOR}/insulated-bottle?variant={variant('TT-BTL-750-PIN').pk}")

    for sku in ("TT-BTL-500-PIN", "TT-BTL-750-SND", "TT-BTL-750-PIN", "TT-BTL-750-BLK"):
        assert f"/products/{HARBOR}/insulated-bottle?variant={variant(sku).pk}" in shown.links
    for sku in ("TT-BTL-500-SND", "TT-BTL-500-BLK"):
        assert variant(sku).pk not in " ".join(shown.links)


def test_a_variants_own_picture_comes_first() -> None:
    harbor("canvas-market-tote")
    navy = variant("FOG-TOTE-NVY")

    shown = page(f"{HARBOR}/canvas-market-tote?variant={navy.pk}")

    pictures = [address for address in shown.loads if "/products/canvas" in address]
    assert pictures[0].endswith("canvas-tote-navy.jpg")
    assert len(pictures) == 3
    assert shown.told["og:image"] == pictures[0]


def test_without_a_name_what_can_be_had_is_shown(shops: None) -> None:
    StockItem.objects.filter(variant__sku__in=["TT-MUG-CRM", "TT-MUG-BLU"]).update(on_hand=0)

    assert page(f"{HARBOR}/enamel-camp-mug").row("SKU") == ["TT-MUG-GRN"]


def test_a_sale_names_the_old_price_and_its_end(shops: None) -> None:
    ends = datetime(2099, 1, 2, 1, 0, tzinfo=UTC)
    Variant.objects.filter(sku="TT-SPORK").update(sale_price_minor=900, sale_ends_at=ends)

    shown = page(f"{HARBOR}/titanium-spork")

    assert "Regular price: $12.00 Now: $9.00" in shown.text
    assert "The lower price holds until January 1, 2099, 5 pm PST." in shown.texts
    offer = structured(shown)["offers"]
    assert (offer["price"], offer["priceSpecification"]["price"]) == ("9.00", "12.00")
    assert datetime.fromisoformat(offer["priceValidUntil"]) == ends


@pytest.mark.parametrize(
    ("stock", "text", "schema"),
    [
        ({"on_hand": 50}, "In stock", "InStock"),
        ({"on_hand": 2}, "Only 2 left", "LimitedAvailability"),
        ({"on_hand": 0}, "Out of stock", "OutOfStock"),
        ({"on_hand": 5, "reserved": 5}, "Out of stock", "OutOfStock"),
        ({"on_hand": 0, "allow_backorder": True}, "Can be ordered ahead", "BackOrder"),
        ({"on_hand": 0, "is_tracked": False}, "In stock", "InStock"),
    ],
)
def test_stock_is_told_in_words_as_it_is_now(shops: None, stock: dict[str, Any], text: str, schema: str) -> None:
    StockItem.objects.filter(variant__sku="TT-SPORK").update(**stock)

    shown = page(f"{HARBOR}/titanium-spork")

    assert text in shown.texts
    assert structured(shown)["offers"]["availability"] == f"https://schema.org/{schema}"
    assert shown.told["product:availability"] == ("out of stock" if schema == "OutOfStock" else "in stock")


def test_machines_read_what_the_checkout_charges(shops: None) -> None:
    Variant.objects.filter(sku="TT-BTL-500-PIN").update(sale_price_minor=2500)
    product = Product.objects.get(handle="insulated-bottle")
    offers = load_offers(product.merchant_id, product.variants.values_list("pk", flat=True), now=timezone.now())

    group = structured(page(f"{HARBOR}/insulated-bottle"))

    assert (group["@type"], group["productGroupID"]) == ("ProductGroup", product.pk)
    assert group["variesBy"] == ["https://schema.org/size", "https://schema.org/color"]
    told = {one["productID"]: one["offers"]["price"] for one in group["hasVariant"]}
    assert told == {id_: f"{one.price_minor / 100:.2f}" for id_, one in offers.items()}
    first = group["hasVariant"][0]
    assert (first["size"], first["color"], first["sku"]) == ("500 ml", "Sand", "TT-BTL-500-SND")


def test_a_single_variant_is_a_product(shops: None, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://shops.example"
    spork = variant("TT-SPORK")

    data = structured(page(f"{HARBOR}/titanium-spork"))

    assert (data["@type"], data["name"], data["brand"]["name"]) == ("Product", "Titanium Spork", "Tarn & Tallow")
    assert (data["gtin"], data["sku"], data["productID"]) == (spork.gtin, "TT-SPORK", spork.pk)
    address = f"https://shops.example/products/{HARBOR}/titanium-spork"
    assert (data["url"], data["offers"]["url"]) == (address, f"{address}?variant={spork.pk}")
    policy = data["offers"]["hasMerchantReturnPolicy"]
    assert policy["merchantReturnLink"] == "https://harborsupply.example/returns"
    (shipping,) = data["offers"]["shippingDetails"]
    assert shipping["shippingRate"] == {"@type": "MonetaryAmount", "value": "5.95", "currency": "USD"}
    assert shipping["shippingDestination"] == {"@type": "DefinedRegion", "addressCountry": "US"}
    transit = shipping["deliveryTime"]["transitTime"]
    assert (transit["minValue"], transit["maxValue"]) == (2, 5)


def test_only_shipping_that_a_whole_region_gets_alike_is_said(shops: None) -> None:
    merchant = Merchant.objects.get(slug=HARBOR)
    for title, zone in (
        ("Everywhere", {"countries": []}),
        ("Most of the world", {"countries": sorted(COUNTRIES)[:60]}),
        ("Some towns", {"countries": ["US"], "postal_prefixes": ["94"]}),
        ("West", {"countries": ["US"], "regions": ["CA", "OR"]}),
        ("North", {"countries": ["NO", "SE"]}),
    ):
        made = ShippingZoneFactory.create(merchant=merchant, **zone)
        FulfillmentMethodFactory.create(merchant=merchant, zone=made, title=title, rate=1000)
    heavy = FulfillmentMethodFactory.create(merchant=merchant, zone=merchant.shipping_zones.first())
    heavy.rates.update(min_weight_grams=5000)
    place = PickupLocationFactory.create(merchant=merchant)
    FulfillmentMethodFactory.create(merchant=merchant, kind="pickup", zone=None, location=place)

    told = structured(page(f"{HARBOR}/titanium-spork"))["offers"]["shippingDetails"]

    places = [one["shippingDestination"] for one in told if one["shippingRate"]["value"] == "10.00"]
    assert len(told) == 3
    assert {"@type": "DefinedRegion", "addressCountry": "US", "addressRegion": ["CA", "OR"]} in places
    assert [{"@type": "DefinedRegion", "addressCountry": code} for code in ("NO", "SE")] in places


def test_what_is_not_known_is_not_said() -> None:
    merchant = MerchantFactory.create(return_policy_url="")
    bare = VariantFactory.create(merchant=merchant, product__description="", option_values=[], gtin="12345678")

    data = structured(page(f"{merchant.slug}/{bare.product.handle}"))

    assert set(data) == {"@context", "@type", "url", "name", "productID", "offers"}
    assert set(data["offers"]) == {"@type", "url", "price", "priceCurrency", "availability", "seller"}


@pytest.mark.parametrize(("condition", "word"), [("new", "New"), ("refurbished", "Refurbished"), ("used", "Used")])
def test_the_condition_is_told_to_people_and_machines(shops: None, condition: str, word: str) -> None:
    Product.objects.filter(handle="titanium-spork").update(condition=condition)

    shown = page(f"{HARBOR}/titanium-spork")

    assert shown.row("Condition") == [word]
    assert structured(shown)["offers"]["itemCondition"] == f"https://schema.org/{word}Condition"
    assert shown.texts.count(word) == (1 if condition == "new" else 2)


def test_whom_it_is_for_and_what_it_is_made_of_is_told(shops: None) -> None:
    Product.objects.filter(handle="enamel-camp-mug").update(gender="unisex", age_group="kids", material="Steel")

    shown = page(f"{HARBOR}/enamel-camp-mug")

    assert [shown.row(name) for name in ("Gender", "Age group", "Material")] == [
        ["Unisex"],
        ["Kids (5 to 13 years)"],
        ["Steel"],
    ]
    group = structured(shown)
    assert group["audience"] == {
        "@type": "PeopleAudience",
        "suggestedGender": "unisex",
        "suggestedAge": {"@type": "QuantitativeValue", "minValue": 5, "maxValue": 13, "unitCode": "ANN"},
    }
    assert {one["material"] for one in group["hasVariant"]} == {"Steel"}


def test_other_options_are_properties_of_their_own() -> None:
    product = ProductFactory.create(option_names=["Binding"])
    for value in ("Paperback", "Spiral"):
        VariantFactory.create(merchant=product.merchant, product=product, option_values=[value])

    group = structured(page(f"{product.merchant.slug}/{product.handle}"))

    assert "variesBy" not in group
    values = {one["additionalProperty"][0]["value"] for one in group["hasVariant"]}
    assert values == {"Paperback", "Spiral"}


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("4006381333931", True),
        ("036000291452", True),
        ("96385074", True),
        ("00036000291452", True),
        ("4006381333932", False),
        ("400638133393", False),
        ("", False),
        ("٤006381333931", False),
    ],
)
def test_only_codes_with_their_check_digit_are_gtins(code: str, is_one: bool) -> None:
    assert is_gtin(code) is is_one


HOSTILE = "</script><script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7|add:7 }}\u2028<!--"


def test_hostile_words_stay_words(shops: None) -> None:
    Product.objects.filter(handle="enamel-camp-mug").update(
        title=f"Mug {HOSTILE}", description=HOSTILE, brand="<b>B</b>", option_names=["<i>Color"]
    )
    Variant.objects.filter(sku="TT-MUG-CRM").update(option_values=["<svg onload=alert(1)>"], sku="<script>")
    Media.objects.filter(product__handle="enamel-camp-mug").update(alt=HOSTILE)
    MediaFactory.create(
        product=Product.objects.get(handle="enamel-camp-mug"), url="javascript:alert(1)", position=0
    )

    shown = page(f"{HARBOR}/enamel-camp-mug")

    assert shown.tags.count("script") == 1
    assert not {"svg", "b", "i"} & set(shown.tags)
    assert "onerror" not in shown.loads
    assert "javascript:" not in shown.html
    assert "Mug alert('x')\">{{ 7|add:7 }}" in shown.text
    data = structured(shown)
    assert data["hasVariant"][0]["sku"] == "<script>"
    assert data["name"].startswith("Mug alert('x')")


def test_tells_other_sites_what_to_show(shops: None, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://shops.example"
    chosen = variant("TT-BTL-750-PIN")

    told = page(f"{HARBOR}/insulated-bottle?variant={chosen.pk}").told

    address = f"https://shops.example/products/{HARBOR}/insulated-bottle"
    assert (told["canonical"], told["og:url"]) == (address, address)
    assert (told["og:type"], told["og:title"]) == ("product", "Insulated Bottle")
    assert (told["product:price:amount"], told["product:price:currency"]) == ("36.00", "USD")
    assert told["description"].startswith("Double walls of stainless steel keep tea hot")
    assert len(told["description"]) <= 200
    assert "robots" not in told


def test_everybody_may_keep_it_for_a_moment(shops: None) -> None:
    first = get(f"{HARBOR}/titanium-spork")

    assert first["Cache-Control"] == "public, max-age=30, must-revalidate"
    assert "Vary" not in first
    assert not first.cookies
    assert "img-src 'self' https: http:;" in first["Content-Security-Policy"]
    assert "default-src 'none'" in first["Content-Security-Policy"]
    assert get(f"{HARBOR}/titanium-spork", status=304, if_none_match=first["ETag"]).content == b""
    StockItem.objects.filter(variant__sku="TT-SPORK").update(on_hand=1)
    get(f"{HARBOR}/titanium-spork", if_none_match=first["ETag"])


def test_what_was_sold_once_is_gone(shops: None) -> None:
    Product.objects.filter(handle="enamel-camp-mug").update(status="archived")
    Product.objects.filter(handle="insulated-bottle").update(title="Enamel Camp Bottle")

    shown = page(f"{HARBOR}/enamel-camp-mug", status=410)

    assert "This is no longer sold" in shown.texts
    assert "Enamel Camp Mug" in shown.texts
    assert f"/products/{HARBOR}/insulated-bottle" in shown.links
    assert shown.told["robots"] == "noindex"
    assert shown.scripts == []


def test_a_product_without_variants_for_sale_is_gone(shops: None) -> None:
    Variant.objects.filter(sku="TT-SPORK").update(status="inactive")

    assert "This is no longer sold" in page(f"{HARBOR}/titanium-spork", status=410).texts


def test_what_never_was_sold_is_not_found(shops: None) -> None:
    Product.objects.filter(handle="titanium-spork").update(status="draft")
    elsewhere = VariantFactory.create()

    draft = page(f"{HARBOR}/titanium-spork", status=404)
    unknown = page(f"{HARBOR}/enamel-mugs", status=404)

    assert "Titanium Spork" not in draft.text
    assert "There is no such product" in unknown.texts
    assert f"/products/{HARBOR}/enamel-camp-mug" in unknown.links
    page(f"{HARBOR}/{elsewhere.product.handle}", status=404)
    page("no-such-shop/titanium-spork", status=404)


def test_a_paused_shop_shows_nothing(shops: None) -> None:
    Merchant.objects.filter(slug=HARBOR).update(status="paused")

    shown = page(f"{HARBOR}/titanium-spork", status=404)

    assert "There is nothing here" in shown.texts
    assert "Harbor" not in shown.text
    page(HARBOR, status=404)


def test_a_variant_that_is_gone_leads_to_the_others(shops: None) -> None:
    Variant.objects.filter(sku="TT-MUG-BLU").update(status="inactive")
    gone, other = variant("TT-MUG-BLU"), variant("TT-SPORK")

    shown = page(f"{HARBOR}/enamel-camp-mug?variant={gone.pk}", status=410)
    unknown = page(f"{HARBOR}/enamel-camp-mug?variant={other.pk}", status=404)

    assert "This is no longer sold" in shown.texts
    assert f"/products/{HARBOR}/enamel-camp-mug" in shown.links
    assert f"/products/{HARBOR}/enamel-camp-mug" in unknown.links
    for nonsense in ("x", "%00", "var_%27"):
        page(f"{HARBOR}/enamel-camp-mug?variant={nonsense}", status=404)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_page_is_only_read(shops: None, method: str) -> None:
    assert getattr(Client(), method)(f"/products/{HARBOR}/titanium-spork").status_code == 405


@pytest.mark.parametrize("count", [1, 40])
def test_takes_as_many_statements_for_any_number_of_variants(count: int) -> None:
    product = ProductFactory.create(option_names=["Color"])
    for number in range(count):
        VariantFactory.create(merchant=product.merchant, product=product, option_values=[f"Color {number}"])
        MediaFactory.create(product=product)
    path = f"{product.merchant.slug}/{product.handle}"
    page(path)

    with CaptureQueriesContext(connection) as queries:
        page(path)

    assert len(queries) == 4


def test_a_sale_that_ends_shows_at_once(shops: None) -> None:
    soon = timezone.now() - timedelta(seconds=1)
    Variant.objects.filter(sku="TT-SPORK").update(sale_price_minor=900, sale_ends_at=soon)

    assert "$12.00" in page(f"{HARBOR}/titanium-spork").texts
