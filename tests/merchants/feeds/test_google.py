"""The Google-compatible feed: hard caps, an identifier for everything, and what is gone is simply missing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from tests.factories import MediaFactory
from tests.merchants.feeds.shelves import CDN, NOW, build, feed_of, rows, shop, told, told_last, tote, variant

pytestmark = pytest.mark.django_db


def test_a_row_says_all_that_is_known() -> None:
    merchant = shop()
    product = tote(merchant, condition="used", gender="female", age_group="adult", material="cotton")
    navy = variant(
        product,
        "Navy",
        "L",
        gtin="0036000291452",
        sale_price_minor=1900,
        sale_starts_at=NOW - timedelta(days=1),
        sale_ends_at=NOW + timedelta(days=1),
        weight_grams=420,
        length_mm=405,
    )
    variant(product, "Red", "L", mpn="R-1")
    MediaFactory.create(product=product, variant=navy, url=f"{CDN}/navy,1.jpg")

    found = {row["id"]: row for row in rows(feed_of(merchant, "google", "tsv"))}

    assert {name: value for name, value in found[navy.pk].items() if value} == {
        "id": navy.pk,
        "title": "Canvas Tote - Navy / L",
        "description": "A tote of heavy cotton canvas.",
        "link": f"https://shop.example/products/harbor-supply/canvas-tote?variant={navy.pk}",
        "image_link": f"{CDN}/navy,1.jpg",
        "additional_image_link": f"{CDN}/tote.jpg",
        "availability": "in_stock",
        "price": "24.00 USD",
        "sale_price": "19.00 USD",
        "sale_price_effective_date": "2026-11-23T04:00-0800/2026-11-25T04:00-0800",
        "brand": "Fogline",
        "gtin": "0036000291452",
        "condition": "used",
        "product_type": "Bags > Totes",
        "item_group_id": product.pk,
        "color": "Navy",
        "size": "L",
        "material": "cotton",
        "gender": "female",
        "age_group": "adult",
        "product_length": "40.5 cm",
        "product_weight": "420 g",
        "shipping": "US::Standard:5.00 USD",
    }


@pytest.mark.parametrize(
    ("product", "changes", "is_told"),
    [
        ({}, {"gtin": "0036000291452"}, True),
        ({}, {"mpn": "FL-1"}, True),
        ({"has_no_identifier": True}, {}, True),
        ({}, {}, False),
        ({}, {"gtin": "2910042000013"}, False),
        ({}, {"gtin": "0210042000011"}, False),
    ],
)
def test_something_identifies_every_row(product: dict[str, Any], changes: dict[str, Any], is_told: bool) -> None:
    merchant = shop()
    variant(tote(merchant, **product), "Navy", "L", **changes)
    feed = feed_of(merchant, "google", "tsv")

    made = build(feed)

    assert (made.rows, made.refused) == ((1, 0) if is_told else (0, 1))
    assert (("V-08", "gtin", "refused") in told(made)) == (not is_told)
    assert (("V-11", "gtin", "left_out") in told(made)) == (bool(changes.get("gtin")) and not is_told)


def test_identifiers_that_do_not_exist_are_said_not_to() -> None:
    merchant = shop()
    variant(tote(merchant, has_no_identifier=True), "Navy", "L")

    assert [row["identifier_exists"] for row in rows(feed_of(merchant, "google", "tsv"))] == ["no"]


@pytest.mark.parametrize(
    ("day", "is_told"), [(date(2026, 12, 1), True), (date(2026, 11, 24), False), (None, False)]
)
def test_a_backorder_needs_a_day_that_is_ahead(day: date | None, is_told: bool) -> None:
    merchant = shop()
    late = {"stock__on_hand": 0, "stock__allow_backorder": True, "backorders_ship_on": day}
    variant(tote(merchant), "Navy", "L", mpn="1", **late)
    feed = feed_of(merchant, "google", "tsv")

    found = [(row["availability"], row["availability_date"]) for row in rows(feed)]

    assert found == ([("backorder", "2026-12-01")] if is_told else [])
    assert told_last(feed) == (set() if is_told else {("V-17", "availability", "refused")})


def test_a_sale_for_nothing_refuses_the_row() -> None:
    merchant = shop()
    variant(tote(merchant), "Navy", "L", mpn="1", sale_price_minor=0)
    feed = feed_of(merchant, "google", "tsv")

    assert told(build(feed)) == {("V-15", "sale_price", "refused")}


def test_what_is_gone_is_missing() -> None:
    merchant = shop()
    navy, red = (variant(tote(merchant, handle=color), color, "L", mpn="1") for color in ("navy", "red"))
    feed = feed_of(merchant, "google", "tsv")
    assert [row["id"] for row in rows(feed)] == [navy.pk, red.pk]
    Variant.objects.filter(pk=navy.pk).update(status="inactive")

    assert [row["id"] for row in rows(feed)] == [red.pk]
    Merchant.objects.update(status="paused")
    assert rows(feed) == []


def test_lines_stay_lines() -> None:
    """Readers of TSV know no quoted line breaks."""
    merchant = shop()
    variant(tote(merchant, description='One\ttote.\nTwo "handles".'), "Navy", "L", mpn="1")

    (row,) = rows(feed_of(merchant, "google", "tsv"))

    assert row["description"] == 'One tote. Two "handles".'
