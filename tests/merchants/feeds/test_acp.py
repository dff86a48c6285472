"""The protocol's own feed: every product fits the official schema, and says what can be bought here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commerce.catalog.models import Product, Variant
from tests.merchants.feeds.shelves import (
    CDN,
    NOW,
    build,
    content,
    feed_of,
    rows,
    selling_agent,
    shop,
    tote,
    variant,
)
from tests.official_schemas import check_shape

pytestmark = pytest.mark.django_db

SCHEMA = "schema.feed.json"


def test_a_product_has_its_variants_and_fits_the_schema() -> None:
    merchant = shop(return_policy_url="https://harborsupply.example/returns")
    product = tote(merchant, condition="new")
    navy = variant(
        product, "Navy", "L", gtin="0036000291452", sale_price_minor=1900, sale_ends_at=NOW + timedelta(days=1)
    )
    red = variant(product, "Red", "L", stock__on_hand=0, stock__allow_backorder=True)
    blue = variant(product, "Blue", "L", stock__on_hand=0)

    (body,) = rows(feed_of(merchant, "acp", "jsonl", agent=selling_agent(merchant)))

    check_shape(body, "Product", file=SCHEMA)
    assert {name: body[name] for name in ("id", "title", "description", "media")} == {
        "id": product.pk,
        "title": "Canvas Tote",
        "description": {"plain": "A tote of heavy cotton canvas."},
        "media": [{"type": "image", "url": f"{CDN}/tote.jpg"}],
    }
    found = {one["id"]: one for one in body["variants"]}
    assert found[navy.pk] == {
        "id": navy.pk,
        "title": "Canvas Tote - Navy / L",
        "url": f"https://shop.example/products/harbor-supply/canvas-tote?variant={navy.pk}",
        "price": {"amount": 1900, "currency": "USD"},
        "list_price": {"amount": 2400, "currency": "USD"},
        "availability": {"available": True, "status": "in_stock"},
        "barcodes": [{"type": "GTIN", "value": "0036000291452"}],
        "categories": [{"value": "Bags > Totes", "taxonomy": "merchant"}],
        "condition": ["new"],
        "variant_options": [{"name": "Color", "value": "Navy"}, {"name": "Size", "value": "L"}],
        "media": [{"type": "image", "url": f"{CDN}/tote.jpg"}],
        "seller": {
            "name": "Harbor Supply",
            "links": [
                {
                    "type": "privacy_policy",
                    "title": "Privacy policy",
                    "url": "https://harborsupply.example/privacy",
                },
                {
                    "type": "terms_of_service",
                    "title": "Terms of service",
                    "url": "https://harborsupply.example/terms",
                },
                {"type": "refund_policy", "title": "Returns", "url": "https://harborsupply.example/returns"},
            ],
        },
    }
    assert found[red.pk]["availability"] == {"available": True, "status": "backorder"}
    assert found[blue.pk]["availability"] == {"available": False, "status": "out_of_stock"}


def test_what_agents_may_only_show_is_not_available_to_them() -> None:
    merchant = shop()
    agent = selling_agent(merchant)
    variant(tote(merchant, is_checkout_enabled=False), "Navy", "L")

    (body,) = rows(feed_of(merchant, "acp", "jsonl", agent=agent))

    assert body["variants"][0]["availability"] == {"available": False, "status": "in_stock"}


def test_the_feed_is_described_beside_its_products() -> None:
    merchant = shop()
    variant(tote(merchant), "Navy", "L")
    feed = feed_of(merchant, "acp", "jsonl", target_country="US")

    made = build(feed)

    assert sorted(made.files.values_list("name", flat=True)) == ["metadata.json", "products.jsonl"]
    written = content(made.files.get(name="metadata.json"))
    assert written == f'{{"id":"{feed.pk}","target_country":"US"}}'.encode()


def test_variants_and_products_that_are_gone_are_discontinued() -> None:
    merchant = shop()
    agent = selling_agent(merchant)
    kept = tote(merchant, handle="kept")
    stays, goes = variant(kept, "Navy", "L"), variant(kept, "Red", "L")
    lost = variant(tote(merchant, handle="lost"), "Navy", "L")
    feed = feed_of(merchant, "acp", "jsonl", agent=agent)
    build(feed)
    Variant.objects.filter(pk=goes.pk).update(status="inactive")
    lost_id = lost.product_id
    Product.objects.filter(pk=lost_id).delete()

    bodies = rows(feed)

    gone = {"available": False, "status": "discontinued"}
    for body in bodies:
        check_shape(body, "Product", file=SCHEMA)
    assert [
        (body["id"], [(one["id"], one["availability"]["status"]) for one in body["variants"]]) for body in bodies
    ] == [
        (lost_id, [(lost.pk, "discontinued")]),
        (kept.pk, [(stays.pk, "in_stock"), (goes.pk, "discontinued")]),
    ]
    assert bodies[0]["variants"][0]["availability"] == gone


def test_something_free_has_a_price_of_nothing() -> None:
    merchant = shop()
    variant(tote(merchant), "Navy", "L", price_minor=0)

    (body,) = rows(feed_of(merchant, "acp", "jsonl"))

    check_shape(body, "Product", file=SCHEMA)
    assert body["variants"][0]["price"] == {"amount": 0, "currency": "USD"}
