from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client

from commerce.accounts.models import Merchant, StaffAction
from commerce.catalog.models import Media, Product, Variant
from commerce.inventory.models import StockItem
from tests.api import AcpClient
from tests.factories import (
    MerchantFactory,
    ProductFactory,
    VariantFactory,
)
from tests.merchants.admin_forms import fields_of, formset, refused
from tests.merchants.staff import member

pytestmark = pytest.mark.django_db


def product_data(
    merchant: Merchant, *variants: dict[str, Any], initial: int = 0, **changes: Any
) -> dict[str, Any]:
    data = {
        "merchant": merchant.pk,
        "handle": "canvas-tote",
        "title": "Canvas Tote",
        "status": "active",
        "is_checkout_enabled": "on",
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


def test_products_are_only_shown_and_sold_again(merchant: Merchant, acp: AcpClient) -> None:
    mug, cap = VariantFactory.create(merchant=merchant), VariantFactory.create(merchant=merchant)
    other = VariantFactory.create()
    manager, rows = member(merchant, "manager"), [mug.product_id, other.product_id]
    listing = "/admin/catalog/product/"

    shown = manager.post(listing, {"action": "show_only", "_selected_action": rows}, follow=True)
    session = acp.create(mug.pk, cap.pk)
    repeated = manager.post(listing, {"action": "show_only", "_selected_action": rows}, follow=True)
    manager.post(listing, {"action": "sell_through_agents", "_selected_action": rows})

    assert "1 product is only shown from now on." in shown.content.decode()
    assert "0 products are only shown from now on." in repeated.content.decode()
    assert [(one["code"], one["param"]) for one in session.messages] == [("unsupported", "$.line_items[0]")]
    assert acp.read(session.body["id"]).body["status"] == "not_ready_for_payment"
    assert acp.create(mug.pk).messages == []
    assert list(StaffAction.objects.order_by("pk").values_list("row", "what")) == [
        (mug.product_id, "shown only, not sold through agents"),
        (mug.product_id, "sold through agents again"),
    ]


def test_who_may_only_look_switches_no_product(merchant: Merchant) -> None:
    product = ProductFactory.create(merchant=merchant)
    data = {"action": "show_only", "_selected_action": [product.pk]}

    member(merchant, "reader").post("/admin/catalog/product/", data)

    product.refresh_from_db()
    assert product.is_checkout_enabled


STOCK_PAGES = {
    "product": ("catalog/product", "variants-0-"),
    "variant": ("catalog/variant", ""),
    "stockitem": ("inventory/stockitem", ""),
}


@pytest.fixture
def tote() -> Variant:
    return VariantFactory.create(product__option_names=["Color"], stock__on_hand=10, stock__reserved=0)


def opened(browser: Client, tote: Variant, page: str) -> tuple[str, dict[str, Any]]:
    """Return the address of a page and what is sent of it as it is."""
    row = tote.product_id if page == "product" else tote.pk
    url = f"/admin/{STOCK_PAGES[page][0]}/{quote(row)}/change/"
    return url, fields_of(browser.get(url), page)


@pytest.mark.parametrize("page", STOCK_PAGES)
def test_what_is_sold_while_a_page_is_open_stays_sold(chief: Client, tote: Variant, page: str) -> None:
    url, sent = opened(chief, tote, page)
    StockItem.objects.update(on_hand=7)

    saved = chief.post(url, sent | {"title": "Tote, mended", "shelf": "A 1", "variants-0-sku": "NEW"})

    assert saved.status_code == 302
    assert StockItem.objects.get().on_hand == 7
    assert not StaffAction.objects.filter(changes__icontains="on hand").exists()


@pytest.mark.parametrize("page", STOCK_PAGES)
def test_a_stock_is_said_again_where_sales_have_moved_it(chief: Client, tote: Variant, page: str) -> None:
    url, sent = opened(chief, tote, page)
    StockItem.objects.update(on_hand=7)

    asked = chief.post(url, sent | {f"{STOCK_PAGES[page][1]}on_hand": "15"})
    before = StockItem.objects.get().on_hand
    saved = chief.post(url, fields_of(asked, page) | {f"{STOCK_PAGES[page][1]}on_hand": "12"})

    refused(asked, "7 are on hand by now, 3 fewer than were shown. Say again how many.")
    assert (before, saved.status_code, StockItem.objects.get().on_hand) == (7, 302, 12)
    (change,) = StaffAction.objects.get().changes
    assert (change["before"], change["after"]) == ("7", "12")


def test_a_stock_that_is_sent_twice_is_set_once(chief: Client, tote: Variant) -> None:
    url, sent = opened(chief, tote, "product")

    answers = [chief.post(url, sent | {"variants-0-on_hand": "15"}).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert StockItem.objects.get().on_hand == 15


def test_what_a_colleague_changes_meanwhile_stays(chief: Client, tote: Variant) -> None:
    url, sent = opened(chief, tote, "product")
    Variant.objects.update(price_minor=2000, status="inactive")
    Product.objects.update(is_checkout_enabled=False, tags=["bags"])

    saved = chief.post(url, sent | {"title": "Tote, mended", "variants-0-sku": "NEW"})

    assert saved.status_code == 302
    assert Variant.objects.values_list("price_minor", "status", "sku").get() == (2000, "inactive", "NEW")
    product = Product.objects.get()
    assert (product.title, product.is_checkout_enabled, product.tags) == ("Tote, mended", False, ["bags"])
    (entry,) = StaffAction.objects.all()
    assert [one["after"] for one in entry.changes] == ["Tote, mended", "NEW"]


def test_a_sale_price_is_held_against_the_price_by_now(chief: Client, tote: Variant) -> None:
    url, sent = opened(chief, tote, "variant")
    Variant.objects.update(price_minor=2000)

    refused(chief.post(url, sent | {"sale_price_minor": "30"}), "A sale price is below the regular price.")
