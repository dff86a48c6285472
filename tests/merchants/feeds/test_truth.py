"""What a feed says is what an agent finds: every item in it is taken to a checkout, whatever it is said to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Variant
from commerce.inventory.offers import load_offers
from commerce.money import decimal_text
from merchants.feeds.checkers import parse_money
from merchants.feeds.models import Feed
from merchants.feeds.services import build_feed, create_feed
from tests.api import AcpClient, Answer
from tests.factories import MediaFactory, ProductFactory, VariantFactory
from tests.merchants.feeds.shelves import rows_of
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db

AVAILABILITY = {
    "in_stock": {"in_stock", "low_stock"},
    "backorder": {"backorder"},
    "out_of_stock": {"out_of_stock"},
}
"""What a checkout calls it; that little is left is not for feeds."""


@pytest.fixture
def merchant(merchant: Merchant) -> Merchant:
    """Everything that can be true of an item, twice: sold by agents, and only shown by them."""
    now = timezone.now()
    hour = timedelta(hours=1)
    cases: list[dict[str, Any]] = [
        {"stock__on_hand": 50},
        {"stock__on_hand": 2},
        {"stock__on_hand": 5, "stock__reserved": 5},
        {"stock__on_hand": 0},
        {"stock": False},
        {"stock__on_hand": -3, "stock__allow_backorder": True},
        {"stock__on_hand": 0, "stock__is_tracked": False},
        {"sale_price_minor": 1900},
        {"sale_price_minor": 1900, "sale_starts_at": now - hour, "sale_ends_at": now + hour},
        {"sale_price_minor": 1900, "sale_starts_at": now + hour},
        {"sale_price_minor": 1900, "sale_ends_at": now - hour},
        {"price_minor": 199_999, "weight_grams": 30_000},
        {"max_quantity_per_order": 1},
        {"is_digital": True, "download_url": "https://files.example/1"},
        {"status": "inactive"},
        {"price_minor": 0},
        {"currency": "eur"},
        {"product__status": "archived"},
        {"product__status": "draft"},
        {"price_minor": 50, "is_digital": True, "stock__on_hand": 1},
        {
            "sale_price_minor": 1900,
            "sale_starts_at": now - hour,
            "stock__on_hand": 0,
            "stock__allow_backorder": True,
        },
        {"option_values": []},
    ]
    for is_sold in (True, False):
        for number, case in enumerate(cases):
            facts = {"price_minor": 2400, "option_values": ["Navy"], "title": "Navy", "mpn": str(number), **case}
            product = ProductFactory.create(
                merchant=merchant,
                handle=f"tote-{is_sold}-{number}".lower(),
                brand="Fogline",
                category="Bags",
                option_names=["Color"],
                is_checkout_enabled=is_sold,
                status=facts.pop("product__status", "active"),
            )
            MediaFactory.create(product=product)
            VariantFactory.create(merchant=merchant, product=product, **facts)
    return merchant


@pytest.fixture
def feed(merchant: Merchant, agent: Agent) -> Feed:
    feed, _ = create_feed(merchant, profile="openai", file_format="jsonl.gz", agent=agent, now=timezone.now())
    return feed


def rows(feed: Feed) -> list[dict[str, Any]]:
    return rows_of(build_feed(feed.pk, now=timezone.now()))


def paid(row: dict[str, Any]) -> str:
    return str(row.get("sale_price", row["price"]))


def test_every_item_of_a_feed_is_in_the_shop_as_it_says(acp: AcpClient, feed: Feed) -> None:
    found = rows(feed)

    assert len(found) == 34
    for row in found:
        session = acp.create(row["item_id"])
        _check_as_told(row, session)


def _check_as_told(row: dict[str, Any], session: Answer) -> None:
    """Title, price, sale and availability are the feed's, and so is whether it can be paid for."""
    assert session.status == 201, row
    (line,) = session.body["line_items"]
    assert f"{decimal_text(line['unit_amount'], 'usd')} USD" == paid(row)
    assert row["title"].startswith(line["name"])
    assert line["availability_status"] in AVAILABILITY[row["availability"]]
    can_be_had = row["availability"] != "out_of_stock"
    is_ready = session.body["status"] == "ready_for_payment"
    assert is_ready == (row["is_eligible_checkout"] and can_be_had), row
    expected = {
        code
        for code, holds in (("unsupported", not row["is_eligible_checkout"]), ("out_of_stock", not can_be_had))
        if holds
    }
    assert set(session.codes) - {"low_stock"} == expected
    if "shipping_price" in row and is_ready:
        prices = [option["totals"][-1]["amount"] for option in session.body["fulfillment_options"]]
        assert f"{decimal_text(min(prices), 'usd')} USD" == row["shipping_price"]


def test_what_can_be_bought_is_bought_at_that_price(
    acp: AcpClient, feed: Feed, stripe_account: StripeAccount
) -> None:
    sold = [row for row in rows(feed) if row["is_eligible_checkout"] and row["availability"] != "out_of_stock"]

    for row in sold:
        session = acp.create(row["item_id"])
        done = acp.complete(session.body["id"], stripe_account.mint(session.total()))
        assert done.body["status"] == "completed", done.body
        (line,) = done.body["line_items"]
        assert f"{decimal_text(line['unit_amount'], 'usd')} USD" == paid(row)
    assert len(sold) == 14


def test_what_is_not_in_the_feed_is_not_for_sale(acp: AcpClient, feed: Feed) -> None:
    told = {row["item_id"] for row in rows(feed)}
    others = Variant.objects.exclude(pk__in=told)

    free, foreign = others.filter(price_minor=0), others.filter(currency="eur")
    refused = {
        one.pk: acp.create(one.pk).body.get("code", "can be bought") for one in others.difference(free, foreign)
    }
    assert set(refused.values()) == {"invalid_item_id"}
    assert (len(refused), free.count(), foreign.count()) == (6, 2, 2)
    assert {acp.create(one.pk).body["status"] for one in foreign} == {"not_ready_for_payment"}


def test_what_is_told_to_be_gone_opens_no_checkout(acp: AcpClient, feed: Feed) -> None:
    rows(feed)
    Variant.objects.filter(currency="usd", product__is_checkout_enabled=True).update(status="inactive")

    gone = [row["item_id"] for row in rows(feed) if not row["is_eligible_search"]]

    assert len(gone) == 17
    assert {acp.create(item_id).body["code"] for item_id in gone[:3]} == {"invalid_item_id"}


@pytest.mark.parametrize(
    ("profile", "file_format", "count"), [("google", "csv", 30), ("stripe", "csv", 34), ("acp", "jsonl", 36)]
)
def test_every_platform_is_told_what_a_checkout_charges(
    merchant: Merchant, agent: Agent, profile: str, file_format: str, count: int
) -> None:
    feed, _ = create_feed(merchant, profile=profile, file_format=file_format, agent=agent, now=timezone.now())

    told = dict(_prices(rows(feed)))

    offers = load_offers(merchant.pk, Variant.objects.values_list("pk", flat=True), now=timezone.now())
    assert len(told) == count
    assert told == {item_id: offers[item_id].price_minor for item_id in told}


def _prices(found: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    """Yield what is to be paid for each item, of rows or of products with variants."""
    for row in found:
        if "variants" in row:
            yield from ((one["id"], one["price"]["amount"]) for one in row["variants"])
        else:
            parsed = parse_money(row["sale_price"] or row["price"])
            assert parsed is not None
            yield row["id"], parsed[0]


def test_a_sale_begins_and_ends_in_both_places_at_once(acp: AcpClient, feed: Feed, merchant: Merchant) -> None:
    now = timezone.now()
    on_sale = Variant.objects.filter(sale_starts_at__gt=now, product__is_checkout_enabled=True).get()

    def said() -> tuple[str, int]:
        row = next(row for row in rows(feed) if row["item_id"] == on_sale.pk)
        return paid(row), acp.create(on_sale.pk).body["line_items"][0]["unit_amount"]

    assert said() == ("24.00 USD", 2400)
    Variant.objects.filter(pk=on_sale.pk).update(sale_starts_at=now)
    assert said() == ("19.00 USD", 1900)
    Variant.objects.filter(pk=on_sale.pk).update(sale_ends_at=now)
    assert said() == ("24.00 USD", 2400)


def test_a_paused_shop_sells_nothing_anywhere(acp: AcpClient, feed: Feed) -> None:
    Merchant.objects.update(status="paused")

    assert {(row["is_eligible_search"], row["is_eligible_checkout"]) for row in rows(feed)} == {(False, False)}
    assert acp.create(Variant.objects.all()[0].pk).body["code"] == "shop_paused"
