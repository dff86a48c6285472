"""Stripe's catalog: its columns, its deletions, its switch for what agents may only show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from tests.factories import FulfillmentMethodFactory, ShippingZoneFactory, TaxRateFactory
from tests.merchants.feeds.shelves import CDN, NOW, build, feed_of, rows, selling_agent, shop, told, tote, variant

pytestmark = pytest.mark.django_db


def one(merchant: Merchant, **changes: Any) -> dict[str, str]:
    (row,) = rows(feed_of(merchant, "stripe", "csv", **changes))
    return {name: value for name, value in row.items() if value}


def test_a_row_says_all_that_is_known() -> None:
    merchant = shop()
    product = tote(merchant, option_names=["Color", "Handle", "Lining"], tax_code="txcd_99999999")
    navy = variant(product, "Navy", "Long", "Silk", mpn="FL-1", weight_grams=420, width_mm=300, stock__on_hand=7)
    variant(product, "Navy", "Short", "Silk", mpn="FL-2")

    found = {row["id"]: row for row in rows(feed_of(merchant, "stripe", "csv", agent=selling_agent(merchant)))}

    assert {name: value for name, value in found[navy.pk].items() if value} == {
        "id": navy.pk,
        "title": "Canvas Tote - Navy / Long / Silk",
        "description": "A tote of heavy cotton canvas.",
        "link": f"https://shop.example/products/harbor-supply/canvas-tote?variant={navy.pk}",
        "brand": "Fogline",
        "mpn": "FL-1",
        "image_link": f"{CDN}/tote.jpg",
        "product_category": "Bags > Totes",
        "width": "30 cm",
        "weight": "420 g",
        "item_group_id": product.pk,
        "item_group_title": "Canvas Tote",
        "color": "Navy",
        "custom_variant_option_name_1": "Handle",
        "custom_variant_option_value_1": "Long",
        "custom_variant_option_name_2": "Lining",
        "custom_variant_option_value_2": "Silk",
        "availability": "in_stock",
        "inventory_not_tracked": "false",
        "inventory_quantity": "7",
        "price": "24.00 USD",
        "stripe_product_tax_code": "txcd_99999999",
        "tax_behavior": "exclusive",
        "shipping": "US:ALL:Standard:2-5:5.00 USD",
        "shipping_cost_basis": "per_order",
        "disable_checkout": "false",
    }


def test_shipping_names_parts_of_countries_and_nothing_unknown() -> None:
    merchant = shop()
    for zone in (
        {"countries": ["US"], "regions": ["CA", "NV"]},
        {"countries": ["US"], "postal_prefixes": ["94", "95"]},
        {"countries": ["CA", "JP"]},
    ):
        FulfillmentMethodFactory.create(
            merchant=merchant,
            zone=ShippingZoneFactory.create(merchant=merchant, **zone),
            title="Night: owl, quick",
            rate=900,
            min_days=1,
            max_days=1,
        )
    variant(tote(merchant), "Navy", "L", mpn="1")

    assert set(one(merchant)["shipping"].split(",")) == {
        "US:ALL:Standard:2-5:5.00 USD",
        "US:CA:Night  owl  quick:1-1:9.00 USD",
        "US:NV:Night  owl  quick:1-1:9.00 USD",
        "US:94*:Night  owl  quick:1-1:9.00 USD",
        "US:95*:Night  owl  quick:1-1:9.00 USD",
        "CA:ALL:Night  owl  quick:1-1:9.00 USD",
    }


@pytest.mark.parametrize(
    ("stock", "told_as"),
    [
        ({"stock__on_hand": 7, "stock__reserved": 2}, ("in_stock", "false", "5")),
        ({"stock__on_hand": 0}, ("out_of_stock", "false", "0")),
        ({"stock__on_hand": -2, "stock__allow_backorder": True}, ("backorder", "false", "0")),
        ({"stock__is_tracked": False}, ("in_stock", "true", None)),
    ],
)
def test_stock_is_what_can_be_promised(stock: dict[str, Any], told_as: tuple[str, str, str | None]) -> None:
    merchant = shop()
    variant(tote(merchant), "Navy", "L", mpn="1", **stock)

    row = one(merchant)

    assert (row["availability"], row["inventory_not_tracked"], row.get("inventory_quantity")) == told_as


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_sale_with_its_days_is_a_sale_and_any_other_a_price(is_closed: bool) -> None:
    merchant = shop(time_zone="America/Los_Angeles")
    ends_at = datetime(2026, 11, 27, 8, tzinfo=UTC) if is_closed else None
    sale = {"sale_price_minor": 1900, "sale_starts_at": NOW - timedelta(days=1), "sale_ends_at": ends_at}
    variant(tote(merchant), "Navy", "L", mpn="1", **sale)
    feed = feed_of(merchant, "stripe", "csv")

    (row,) = rows(feed)

    found = (row["price"], row["sale_price"], row["sale_price_effective_date"])
    assert found == (("24.00 USD", "19.00 USD", "2026-11-23/2026-11-26") if is_closed else ("19.00 USD", "", ""))
    assert feed.build is not None
    assert feed.build.problems.filter(field="sale_price", effect="advice").exists() == (not is_closed)


def test_what_agents_may_only_show_says_so() -> None:
    merchant = shop()
    agent = selling_agent(merchant)
    variant(tote(merchant, is_checkout_enabled=False), "Navy", "L", mpn="1")

    assert one(merchant, agent=agent)["disable_checkout"] == "true"


def test_what_is_gone_is_deleted_first() -> None:
    merchant = shop()
    navy, red = (variant(tote(merchant, handle=color), color, "L", mpn="1") for color in ("navy", "red"))
    feed = feed_of(merchant, "stripe", "csv")
    build(feed)
    Variant.objects.filter(pk=red.pk).update(status="inactive")

    first, second = rows(feed)

    assert {name: value for name, value in first.items() if value} == {"id": red.pk, "delete": "true"}
    assert (second["id"], second["delete"]) == (navy.pk, "")


def test_taxes_inside_the_price_are_said_to_be() -> None:
    merchant = shop(country="DE", currency="eur")
    TaxRateFactory.create(merchant=merchant, country="DE", region="", is_inclusive=True)
    variant(tote(merchant), "Navy", "L", mpn="1")

    assert one(merchant)["tax_behavior"] == "inclusive"


@pytest.mark.parametrize(
    ("product", "changes", "problem"),
    [
        ({}, {"mpn": ""}, ("V-08", "mpn", "refused")),
        ({"category": ""}, {}, ("V-08", "product_category", "refused")),
        ({}, {"price_minor": 0}, ("V-06", "price", "refused")),
    ],
)
def test_what_stripe_refuses_is_refused_here(
    product: dict[str, Any], changes: dict[str, Any], problem: tuple[str, str, str]
) -> None:
    merchant = shop()
    variant(tote(merchant, **product), "Navy", "L", **{"mpn": "1", **changes})
    feed = feed_of(merchant, "stripe", "csv")

    made = build(feed)

    assert (made.rows, told(made)) == (0, {problem})


def test_a_tax_code_of_another_system_is_left_out_with_advice() -> None:
    merchant = shop()
    variant(tote(merchant, tax_code="books"), "Navy", "L", mpn="1")
    feed = feed_of(merchant, "stripe", "csv")

    (row,) = rows(feed)

    assert row["stripe_product_tax_code"] == ""
    assert feed.build is not None
    assert feed.build.problems.get().advice.startswith("For taxes by Stripe")
