from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.accounts.services import authenticate, issue_key
from commerce.catalog.models import Media, Product, Variant
from commerce.discounts.models import Discount
from commerce.fulfillment.models import FulfillmentMethod, ShippingZone
from commerce.inventory.models import StockItem
from commerce.tax.models import TaxRate
from tests.factories import (
    AgentFactory,
    DiscountFactory,
    FulfillmentMethodFactory,
    MerchantFactory,
    PickupLocationFactory,
    ProductFactory,
    ShippingZoneFactory,
    TaxRateFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief", password="a long password"))
    return client


def formset(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return data


def product_data(
    merchant: Merchant, *variants: dict[str, Any], initial: int = 0, **changes: Any
) -> dict[str, Any]:
    data = {
        "merchant": merchant.pk,
        "handle": "canvas-tote",
        "title": "Canvas Tote",
        "status": "active",
        "tags": "bags, cotton",
        "option_names": "Color",
        **formset("variants", *variants, initial=initial),
        **formset("media"),
    }
    return {**data, **changes}


def variant_data(**changes: Any) -> dict[str, Any]:
    data = {
        "option_values": "Navy",
        "sku": "FOG-NVY",
        "price_minor": "34.00",
        "on_hand": 7,
        "is_tracked": "on",
        "weight_grams": 420,
        "status": "active",
        "position": 1,
    }
    return {**data, **changes}


def refused(response: Any, words: str) -> None:
    assert response.status_code == 200
    assert escape(words) in response.content.decode()


def test_product_with_variants_pictures_and_stock(chief: Client) -> None:
    merchant = MerchantFactory.create(currency="usd")
    data = product_data(merchant, variant_data(), variant_data(option_values="Olive", sale_price_minor="30"))
    data |= formset("media", {"url": "cdn.harborsupply.example/tote.jpg", "alt": "Tote", "position": 1})

    response = chief.post("/admin/catalog/product/add/", data)

    assert response.status_code == 302
    product = Product.objects.get()
    assert (product.tags, product.option_names) == (["bags", "cotton"], ["Color"])
    navy, olive = Variant.objects.order_by("option_values")
    assert (navy.merchant_id, navy.currency, navy.price_minor) == (merchant.pk, "usd", 3400)
    assert (olive.option_values, olive.sale_price_minor) == (["Olive"], 3000)
    assert list(StockItem.objects.values_list("on_hand", "is_tracked")) == [(7, True), (7, True)]
    assert Media.objects.get().url == "https://cdn.harborsupply.example/tote.jpg"


def test_amounts_follow_the_merchants_currency(chief: Client) -> None:
    merchant = MerchantFactory.create(currency="jpy")

    chief.post("/admin/catalog/product/add/", product_data(merchant, variant_data(price_minor="3400")))

    variant = Variant.objects.get()
    assert (variant.price_minor, variant.currency) == (3400, "jpy")
    shown = chief.get(f"/admin/catalog/product/{quote(variant.product_id)}/change/").content.decode()
    assert 'name="variants-0-price_minor" value="3400"' in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"price_minor": "34.005"}, "'34.005' has more digits than USD knows"),
        ({"price_minor": "dear"}, "'dear' is not a number"),
        ({"price_minor": "-1"}, "An amount is from 0 to"),
        ({"price_minor": "1e30"}, "An amount is from 0 to"),
        ({"price_minor": ""}, "This field is required."),
        ({"sale_price_minor": "34.00"}, "A sale price is below the regular price."),
        ({"on_hand": -1}, "there cannot be fewer than 0 without backorders."),
        ({"on_hand": 99999999999}, "less than or equal to"),
        ({"option_values": "Navy|M"}, "The product's options are: Color. Give one value for each."),
        ({"weight_grams": 9999999999}, "less than or equal to"),
        ({"status": "sold"}, "is not one of the available choices"),
        ({"sku": "x" * 101}, "at most 100 characters"),
    ],
)
def test_bad_variant_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    merchant = MerchantFactory.create(currency="usd")

    response = chief.post("/admin/catalog/product/add/", product_data(merchant, variant_data(**changes)))

    refused(response, words)
    assert not Product.objects.exists()


def test_same_options_twice_is_a_form_error(chief: Client) -> None:
    data = product_data(MerchantFactory.create(), variant_data(), variant_data(sku="OTHER"))

    refused(chief.post("/admin/catalog/product/add/", data), "Please correct the duplicate data")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"handle": "no spaces"}, "Enter a valid"),
        ({"merchant": ""}, "This field is required."),
        ({"merchant": "mer_nobody"}, "Select a valid choice"),
        ({"title": ""}, "This field is required."),
        ({"title": "NUL\x00"}, "Null characters are not allowed."),
        ({"url": "javascript:alert(1)"}, "Enter a valid URL."),
    ],
)
def test_bad_product_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    data = product_data(MerchantFactory.create(), variant_data()) | changes

    refused(chief.post("/admin/catalog/product/add/", data), words)


def test_handle_is_taken_once_per_merchant(chief: Client) -> None:
    merchant = MerchantFactory.create()
    ProductFactory.create(merchant=merchant, handle="canvas-tote")
    other = ProductFactory.create(merchant=merchant, handle="other")

    added = chief.post("/admin/catalog/product/add/", product_data(merchant))
    changed = chief.post(f"/admin/catalog/product/{quote(other.pk)}/change/", product_data(merchant))

    refused(added, "already exists")
    refused(changed, "already exists")


def stock_change(variant: Variant, **changes: Any) -> dict[str, Any]:
    row = variant_data(id=variant.pk, product=variant.product_id, option_values=variant.option_values[0])
    product = variant.product
    return product_data(product.merchant, {**row, **changes}, initial=1, handle=product.handle)


def test_stock_is_set_without_touching_what_is_reserved(chief: Client) -> None:
    variant = VariantFactory.create(product__option_names=["Color"], stock__on_hand=10, stock__reserved=4)

    url = f"/admin/catalog/product/{quote(variant.product_id)}/change/"
    assert chief.post(url, stock_change(variant, on_hand=5)).status_code == 302

    stock = StockItem.objects.get()
    assert (stock.on_hand, stock.reserved) == (5, 4)
    refused(
        chief.post(url, stock_change(variant, on_hand=3)),
        "4 are held for buyers right now: there cannot be fewer than 4 without backorders.",
    )


@pytest.mark.parametrize("page", ["variant", "stockitem"])
def test_stock_on_its_own_pages(chief: Client, page: str) -> None:
    variant = VariantFactory.create(product__option_names=["Color"], stock__on_hand=10, stock__reserved=4)
    url = f"/admin/{'catalog' if page == 'variant' else 'inventory'}/{page}/{quote(variant.pk)}/change/"
    data = variant_data(option_values=variant.option_values[0])

    assert chief.post(url, {**data, "on_hand": 6}).status_code == 302
    refused(chief.post(url, {**data, "on_hand": 3}), "4 are held for buyers right now")

    stock = StockItem.objects.get()
    assert (stock.on_hand, stock.reserved) == (6, 4)


def merchant_data(**changes: Any) -> dict[str, Any]:
    data = {
        "name": "Harbor Supply",
        "slug": "harbor",
        "status": "active",
        "currency": "usd",
        "time_zone": "America/Los_Angeles",
        "country": "US",
        "payment_account": "acct_1",
        "capture": "manual",
        "low_stock_threshold": 3,
    }
    return {**data, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time_zone": "Mars/Base"}, "Select a valid choice."),
        ({"currency": "dogecoin"}, "Select a valid choice."),
        ({"country": "usa"}, "at most 2 characters"),
        ({"country": "us"}, "an upper-case ISO 3166-1 alpha-2 code such as US"),
        ({"slug": "taken"}, "already exists"),
        ({"support_email": "nobody"}, "Enter a valid email address."),
        ({"payment_account": ""}, "This field is required."),
    ],
)
def test_bad_merchant_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    MerchantFactory.create(slug="taken")

    refused(chief.post("/admin/accounts/merchant/add/", merchant_data(**changes)), words)


def test_merchants_revision_and_currency_are_not_written_back(chief: Client) -> None:
    merchant = MerchantFactory.create(slug="harbor", name="Harbor", currency="usd")
    Merchant.objects.filter(pk=merchant.pk).update(revision=50, sealed_fulfillment_secret=b"sealed")

    url = f"/admin/accounts/merchant/{quote(merchant.pk)}/change/"
    assert chief.post(url, merchant_data(name="Renamed", currency="eur")).status_code == 302

    merchant.refresh_from_db()
    assert (merchant.name, merchant.currency, merchant.revision) == ("Renamed", "usd", 51)
    assert merchant.sealed_fulfillment_secret == b"sealed"


def discount_data(merchant: Merchant, **changes: Any) -> dict[str, Any]:
    data = {
        "merchant": merchant.pk,
        "name": "Ten",
        "code": "ten",
        "kind": "percent",
        "percent": "10",
        "minimum_subtotal_minor": "50.00",
        "priority": 10,
        "is_active": "on",
    }
    return {**data, **changes}


def test_discount_code_is_kept_in_capitals(chief: Client) -> None:
    merchant = MerchantFactory.create()

    assert chief.post("/admin/discounts/discount/add/", discount_data(merchant)).status_code == 302

    discount = Discount.objects.get()
    assert (discount.code, discount.percent, discount.minimum_subtotal_minor) == ("TEN", Decimal(10), 5000)


def test_discount_without_a_code_has_none(chief: Client) -> None:
    chief.post("/admin/discounts/discount/add/", discount_data(MerchantFactory.create(), code=""))

    assert Discount.objects.get().code is None


HAS_ITS_VALUE = "Percent needs a percentage, fixed an amount, free shipping neither."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"percent": ""}, HAS_ITS_VALUE),
        ({"percent": "0"}, HAS_ITS_VALUE),
        ({"amount_minor": "5"}, HAS_ITS_VALUE),
        ({"kind": "fixed", "percent": ""}, HAS_ITS_VALUE),
        ({"kind": "free_shipping"}, HAS_ITS_VALUE),
        ({"percent": "101"}, "less than or equal to 100"),
        ({"code": "no spaces"}, "upper-case letters, digits, - and _"),
        ({"code": "TAKEN"}, "already exists"),
        ({"starts_at_0": "2026-05-01", "starts_at_1": "0:00", "ends_at_0": "2026-04-01", "ends_at_1": "0:00"},
         "It ends before it starts."),
    ],
)  # fmt: skip
def test_bad_discount_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    merchant = MerchantFactory.create()
    DiscountFactory.create(merchant=merchant, code="TAKEN")

    refused(chief.post("/admin/discounts/discount/add/", discount_data(merchant, **changes)), words)


def test_code_taken_by_another_discount_is_a_form_error(chief: Client) -> None:
    merchant = MerchantFactory.create()
    DiscountFactory.create(merchant=merchant, code="TAKEN")
    mine = DiscountFactory.create(merchant=merchant, code="MINE")

    url = f"/admin/discounts/discount/{quote(mine.pk)}/change/"
    refused(chief.post(url, discount_data(merchant, code="TAKEN")), "already exists")


def method_data(merchant: Merchant, zone: ShippingZone | None, *rates: dict[str, Any], **changes: Any) -> Any:
    data = {
        "merchant": merchant.pk,
        "kind": "shipping",
        "title": "Standard",
        "zone": zone.pk if zone else "",
        "min_days": 2,
        "max_days": 5,
        "cutoff_hour": 14,
        "window_start_hour": 9,
        "window_end_hour": 18,
        "is_active": "on",
        **formset("rates", *rates),
    }
    return {**data, **changes}


def rate_data(**changes: Any) -> dict[str, Any]:
    return {"amount_minor": "5.95", "min_weight_grams": 0, "min_subtotal_minor": "0", **changes}


def test_method_with_rates(chief: Client) -> None:
    zone = ShippingZoneFactory.create()

    response = chief.post(
        "/admin/fulfillment/fulfillmentmethod/add/",
        method_data(zone.merchant, zone, rate_data(max_subtotal_minor="75"), rate_data(amount_minor="0")),
    )

    assert response.status_code == 302
    rates = FulfillmentMethod.objects.get().rates.order_by("pk")
    assert list(rates.values_list("amount_minor", "max_subtotal_minor")) == [(595, 7500), (0, None)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone": ""}, "A pick-up needs a location; every other way needs a zone."),
        ({"kind": "pickup"}, "A pick-up needs a location; every other way needs a zone."),
        ({"min_days": 9}, "The days at best are no more than the days at worst."),
        ({"window_end_hour": 9}, "The cut-off is at most 24; the window ends after it starts, by 23."),
        ({"cutoff_hour": 25}, "The cut-off is at most 24; the window ends after it starts, by 23."),
        ({"rates-0-amount_minor": "x"}, "'x' is not a number"),
        ({"rates-0-max_weight_grams": 0}, "The upper end is above the lower one."),
    ],
)
def test_bad_method_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    zone = ShippingZoneFactory.create()

    data = method_data(zone.merchant, zone, rate_data()) | changes

    refused(chief.post("/admin/fulfillment/fulfillmentmethod/add/", data), words)
    assert not FulfillmentMethod.objects.exists()


def test_zone_and_place_belong_to_the_same_merchant(chief: Client) -> None:
    zone, place = ShippingZoneFactory.create(), PickupLocationFactory.create()
    method = FulfillmentMethodFactory.create()
    url = f"/admin/fulfillment/fulfillmentmethod/{quote(method.pk)}/change/"

    refused(chief.post(url, method_data(method.merchant, zone)), "It belongs to Harbor Supply, not to")
    refused(chief.post(url, method_data(method.merchant, None, location=place.pk)), "It belongs to")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"countries": "US, XX, USA"}, "Not ISO 3166-1 alpha-2 codes such as US: XX, USA."),
        ({"regions": "x" * 11}, "at most 10 characters"),
        ({"name": "Taken"}, "already exists"),
    ],
)
def test_bad_zone_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    taken = ShippingZoneFactory.create(name="Taken")
    data = {"merchant": taken.merchant_id, "name": "United States", "countries": "US", **changes}

    refused(chief.post("/admin/fulfillment/shippingzone/add/", data), words)


def test_zone_is_written_as_places_are_compared(chief: Client) -> None:
    data = {
        "merchant": MerchantFactory.create().pk,
        "name": "Nearby",
        "countries": "us, gb",
        "regions": "ca",
        "postal_prefixes": "sw1 a, 941",
    }

    assert chief.post("/admin/fulfillment/shippingzone/add/", data).status_code == 302

    zone = ShippingZone.objects.get()
    assert (zone.countries, zone.regions, zone.postal_prefixes) == (["US", "GB"], ["CA"], ["SW1A", "941"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"percentage": "101"}, "less than or equal to 100"),
        ({"percentage": "7.25001"}, "no more than 4 decimal places"),
        ({"jurisdiction": "California"}, "already exists"),
        ({"country": "xx!"}, "at most 2 characters"),
    ],
)
def test_bad_tax_rate_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    taken = TaxRateFactory.create(jurisdiction="California", region="CA")
    data = {
        "merchant": taken.merchant_id,
        "jurisdiction": "Nevada",
        "country": "US",
        "region": "CA",
        "percentage": "4.6",
        **changes,
    }

    refused(chief.post("/admin/tax/taxrate/add/", data), words)
    assert TaxRate.objects.count() == 1


def test_agent_name_is_taken_once_per_merchant(chief: Client) -> None:
    agent = AgentFactory.create(name="Helper")
    data = {"merchant": agent.merchant_id, "name": "Helper", "is_active": "on", **formset("keys")}

    refused(chief.post("/admin/accounts/agent/add/", data), "already exists")
    assert Agent.objects.count() == 1


def key_data(agent: Agent, **changes: Any) -> dict[str, Any]:
    return {"agent": agent.pk, "scopes": ["catalog", "checkout"], "limit_per_order_minor": "200.00", **changes}


def test_new_key_is_shown_once(chief: Client) -> None:
    agent = AgentFactory.create()

    response = chief.post("/admin/accounts/agentkey/add/", key_data(agent))

    key = AgentKey.objects.get()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    html = response.content.decode()
    token = html.partition("<code>")[2].partition("</code>")[0]
    caller = authenticate(token, now=timezone.now())
    assert (caller.key_id, caller.agent_id) == (key.pk, agent.pk)
    assert (caller.scopes, caller.limit_per_order_minor) == (("catalog", "checkout"), 20_000)
    for page in (
        f"agentkey/{quote(key.pk)}/change/",
        "agentkey/",
        f"agent/{quote(agent.pk)}/change/",
        f"agentkey/{quote(key.pk)}/history/",
    ):
        later = chief.get(f"/admin/accounts/{page}").content.decode()
        assert token not in later
        assert key.secret_hash not in later


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scopes": []}, "This field is required."),
        ({"scopes": ["everything"]}, "Select a valid choice."),
        ({"limit_per_order_minor": "0"}, "greater than or equal to 1"),
        ({"limit_per_day_minor": "a lot"}, "'a lot' is not a number"),
    ],
)
def test_bad_key_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    refused(chief.post("/admin/accounts/agentkey/add/", key_data(AgentFactory.create(), **changes)), words)
    assert not AgentKey.objects.exists()


def test_key_keeps_its_hash_when_its_limits_change(chief: Client) -> None:
    key, token = issue_key(AgentFactory.create())

    url = f"/admin/accounts/agentkey/{quote(key.pk)}/change/"
    assert chief.post(url, key_data(key.agent, limit_per_order_minor="50")).status_code == 302

    assert authenticate(token, now=timezone.now()).limit_per_order_minor == 5000
