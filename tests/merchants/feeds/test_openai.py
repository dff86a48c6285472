"""OpenAI's product feed: what is known is told, what is not known is left out, what would be refused is not sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commerce.accounts.models import Agent, Merchant
from merchants.feeds.profiles.openai import COLUMNS
from merchants.feeds.rules import RULES, check
from tests.factories import MediaFactory
from tests.merchants.feeds.shelves import (
    CDN,
    NOW,
    build,
    feed_of,
    rows,
    rows_of,
    selling_agent,
    shop,
    told,
    told_last,
    tote,
    variant,
)

pytestmark = pytest.mark.django_db


def one(merchant: Merchant, **changes: Any) -> dict[str, Any]:
    (row,) = rows(feed_of(merchant, **changes))
    return row


def test_a_row_says_all_that_is_known() -> None:
    merchant = shop(return_policy_url="https://harborsupply.example/returns", return_days=30)
    product = tote(merchant, condition="new", gender="unisex", age_group="adult", material="cotton")
    navy = variant(
        product,
        "Navy",
        "L",
        gtin="0036000291452",
        mpn="FL-77",
        price_minor=2400,
        sale_price_minor=1900,
        sale_starts_at=NOW - timedelta(days=1),
        sale_ends_at=NOW + timedelta(days=1),
        weight_grams=420,
        length_mm=400,
        width_mm=300,
    )
    red = variant(product, "Red", "L", stock__on_hand=0)
    MediaFactory.create(product=product, variant=navy, url=f"{CDN}/navy,1.jpg")

    found = {row["item_id"]: row for row in rows(feed_of(merchant, agent=selling_agent(merchant)))}

    assert found[navy.pk] == {
        "item_id": navy.pk,
        "title": "Canvas Tote - Navy / L",
        "description": "A tote of heavy cotton canvas.",
        "url": f"https://shop.example/products/harbor-supply/canvas-tote?variant={navy.pk}",
        "brand": "Fogline",
        "seller_name": "Harbor Supply",
        "image_url": f"{CDN}/navy,1.jpg",
        "availability": "in_stock",
        "price": "24.00 USD",
        "is_eligible_search": True,
        "seller_privacy_policy": "https://harborsupply.example/privacy",
        "seller_tos": "https://harborsupply.example/terms",
        "is_eligible_checkout": True,
        "group_id": product.pk,
        "listing_has_variations": True,
        "variant_dict": {"Color": "Navy", "Size": "L"},
        "gtin": "0036000291452",
        "mpn": "FL-77",
        "condition": "new",
        "product_category": "Bags > Totes",
        "material": "cotton",
        "color": "Navy",
        "size": "L",
        "gender": "unisex",
        "age_group": "adult",
        "dimensions": {"length": "400", "width": "300", "unit": "mm"},
        "item_weight_unit": "g",
        "weight": "420",
        "additional_image_urls": [f"{CDN}/tote.jpg"],
        "sale_price": "19.00 USD",
        "shipping_price": "5.00 USD",
        "accepts_returns": True,
        "return_deadline_in_days": 30,
        "return_policy": "https://harborsupply.example/returns",
        "is_digital": False,
        "target_countries": ["US"],
        "store_country": "US",
    }
    assert found[red.pk]["availability"] == "out_of_stock"
    assert found[red.pk]["image_url"] == f"{CDN}/tote.jpg"


@pytest.mark.parametrize(("days", "is_digital"), [(0, False), (30, True)])
def test_what_is_not_taken_back_says_so(days: int, is_digital: bool) -> None:
    merchant = shop(return_days=days)
    variant(tote(merchant), "Navy", "L", is_digital=is_digital)

    row = one(merchant)

    assert (row["accepts_returns"], "return_deadline_in_days" in row) == (False, False)


def test_what_is_not_known_is_left_out() -> None:
    merchant = shop(privacy_url="", terms_url="", support_email="")
    variant(tote(merchant, option_names=[], category=""), weight_grams=0)

    row = one(merchant)

    assert sorted(row) == [
        "accepts_returns", "availability", "brand", "description", "image_url", "is_digital", "is_eligible_checkout",
        "is_eligible_search", "item_id", "price", "return_deadline_in_days", "seller_name", "shipping_price", "store_country", "target_countries", "title", "url",
    ]  # fmt: skip
    assert row["title"] == "Canvas Tote"


@pytest.mark.parametrize(
    ("stock", "availability"),
    [
        ({"stock__on_hand": 3}, "in_stock"),
        ({"stock__on_hand": 3, "stock__reserved": 3}, "out_of_stock"),
        ({"stock__on_hand": 0, "stock__allow_backorder": True}, "backorder"),
        ({"stock__on_hand": 0, "stock__is_tracked": False}, "in_stock"),
        ({"stock": False}, "out_of_stock"),
    ],
)
def test_availability_is_what_a_checkout_would_find(stock: dict[str, Any], availability: str) -> None:
    merchant = shop()
    variant(tote(merchant), "Navy", "L", **stock)

    assert one(merchant)["availability"] == availability


@pytest.mark.parametrize(
    ("opens", "closes", "sale"),
    [(None, None, True), (-1, 1, True), (-1, None, True), (1, 2, False), (-2, -1, False), (-1, 0, False)],
)
def test_a_sale_is_told_while_it_lasts(opens: int | None, closes: int | None, sale: bool) -> None:
    merchant = shop()
    hours = {
        name: NOW + timedelta(hours=shift)
        for name, shift in (("sale_starts_at", opens), ("sale_ends_at", closes))
        if shift is not None
    }
    variant(tote(merchant), "Navy", "L", price_minor=2400, sale_price_minor=1900, **hours)

    row = one(merchant)

    assert (row["price"], row.get("sale_price")) == ("24.00 USD", "19.00 USD" if sale else None)


@pytest.mark.parametrize(("currency", "price"), [("usd", "12.34 USD"), ("jpy", "1234 JPY"), ("kwd", "1.234 KWD")])
def test_amounts_have_the_digits_of_their_currency(currency: str, price: str) -> None:
    merchant = shop(currency=currency)
    variant(tote(merchant), "Navy", "L", price_minor=1234)

    assert one(merchant)["price"] == price


def test_who_may_buy_decides_who_is_offered_a_checkout() -> None:
    merchant = shop()
    agent = selling_agent(merchant)
    variant(tote(merchant, handle="a"), "Navy", "L")
    variant(tote(merchant, handle="b", is_checkout_enabled=False), "Navy", "L")
    feed = feed_of(merchant)

    def offered() -> list[tuple[bool, bool]]:
        return [(row["is_eligible_search"], row["is_eligible_checkout"]) for row in rows(feed)]

    assert offered() == [(True, False), (True, False)]
    feed.agent = agent
    feed.save()
    assert offered() == [(True, True), (True, False)]
    Agent.objects.update(is_active=False)
    assert offered() == [(True, False), (True, False)]


def test_a_paused_shop_is_not_found() -> None:
    merchant = shop()
    variant(tote(merchant), "Navy", "L")
    feed = feed_of(merchant, agent=selling_agent(merchant))
    Merchant.objects.update(status="paused")

    (row,) = rows(feed)

    assert (row["is_eligible_search"], row["is_eligible_checkout"], row["availability"]) == (
        False,
        False,
        "out_of_stock",
    )


def test_without_terms_nothing_is_offered_for_checkout() -> None:
    merchant = shop(terms_url="")
    variant(tote(merchant), "Navy", "L")
    feed = feed_of(merchant, agent=selling_agent(merchant))

    (row,) = rows(feed)

    assert (row["is_eligible_search"], row["is_eligible_checkout"]) == (True, False)
    assert told_last(feed) == {("V-16", "is_eligible_checkout", "changed")}


def test_the_shops_own_brand_is_told_where_it_is_said_to_be() -> None:
    merchant = shop(name="Harbor Supply")
    variant(tote(merchant, brand=""), "Navy", "L", sku="TOTE-NVY")

    row = one(merchant, default_brand="Harbor Supply")

    assert (row["brand"], row["mpn"]) == ("Harbor Supply", "TOTE-NVY")


def test_a_picture_of_another_variant_is_not_its_own() -> None:
    merchant = shop()
    product = tote(merchant)
    navy_s, navy_l, red_s = (
        variant(product, *options) for options in (("Navy", "S"), ("Navy", "L"), ("Red", "S"))
    )
    MediaFactory.create(product=product, variant=navy_s, url=f"{CDN}/navy.jpg", position=2)
    MediaFactory.create(product=product, variant=navy_s, url=f"{CDN}/navy.webp", position=1)

    found = {
        row["item_id"]: (row["image_url"], row.get("additional_image_urls")) for row in rows(feed_of(merchant))
    }

    assert found[navy_s.pk] == found[navy_l.pk] == (f"{CDN}/navy.jpg", [f"{CDN}/tote.jpg"])
    assert found[red_s.pk] == (f"{CDN}/tote.jpg", None)


@pytest.mark.parametrize(
    ("product", "changes", "rule", "field"),
    [
        ({"brand": ""}, {}, "V-08", "brand"),
        ({"brand": "N/A"}, {}, "V-03", "brand"),
        ({"brand": "b" * 71}, {}, "V-09", "brand"),
        ({"description": ""}, {}, "V-08", "description"),
        ({"description": "null"}, {}, "V-03", "description"),
        ({"title": "<Tote of the Year>"}, {}, "V-01", "title"),
        ({}, {"price_minor": 0}, "V-06", "price"),
        ({}, {"sale_price_minor": 0}, "V-15", "sale_price"),
    ],
)
def test_a_bad_row_is_refused_and_good_ones_go_on(
    product: dict[str, Any], changes: dict[str, Any], rule: str, field: str
) -> None:
    merchant = shop()
    variant(tote(merchant, handle="a-bad-one", **product), "Navy", "L", **changes)
    good = variant(tote(merchant, handle="good"), "Navy", "L")
    feed = feed_of(merchant)

    made = build(feed)

    assert (made.rows, made.refused) == (1, 1)
    assert told(made) == {(rule, field, "refused")}
    problem = made.problems.get(effect="refused")
    assert problem.advice
    assert RULES[problem.rule]
    assert [row["item_id"] for row in rows_of(made)] == [good.pk]


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"gtin": "0036000291453"}, "V-11", "gtin"),
        ({"option_values": ["Navy", "s" * 21]}, "V-09", "size"),
        ({"option_values": ["-", "L"]}, "V-03", "color"),
    ],
)
def test_a_bad_fact_that_is_not_needed_is_left_out(changes: dict[str, Any], rule: str, field: str) -> None:
    merchant = shop()
    variant(tote(merchant), **{"option_values": ["Navy", "L"], **changes})
    feed = feed_of(merchant)

    (row,) = rows(feed)

    assert field not in row
    assert told_last(feed) == {(rule, field, "left_out")}


def test_long_words_are_cut_at_a_word() -> None:
    merchant = shop()
    variant(
        tote(merchant, title=f"Canvas Tote {'that carries everything ' * 9}", description="strong " * 900),
        "Navy",
        "L",
    )
    feed = feed_of(merchant)

    (row,) = rows(feed)

    assert (len(row["title"]) <= 150, row["title"].endswith("…")) == (True, True)
    assert (len(row["description"]) <= 5000, row["description"].endswith(" strong…")) == (True, True)
    assert told_last(feed) == {("V-09", "title", "changed"), ("V-09", "description", "changed")}


def test_a_gtin_of_the_whole_product_is_nobodys() -> None:
    merchant = shop()
    product = tote(merchant)
    for color in ("Navy", "Red"):
        variant(product, color, "L", gtin="0036000291452")
    feed = feed_of(merchant)

    assert ["gtin" in row for row in rows(feed)] == [False, False]
    assert told_last(feed) == {("V-11", "gtin", "left_out")}


def test_a_variant_without_an_options_value_is_refused() -> None:
    merchant = shop()
    product = tote(merchant)
    variant(product, "Navy", "L")
    variant(product, "Red", "")
    feed = feed_of(merchant)

    made = build(feed)

    assert (made.rows, made.refused, told(made)) == (1, 1, {("V-20", "variant_dict", "refused")})


def test_pictures_of_other_kinds_are_refused() -> None:
    merchant = shop()
    product = tote(merchant)
    product.media.update(url=f"{CDN}/tote.webp")
    variant(product, "Navy", "L")
    feed = feed_of(merchant)

    assert told(build(feed)) == {("V-12", "image_url", "refused")}


GOOD: dict[str, Any] = {
    "item_id": "var_1",
    "title": "Tote",
    "description": "A tote.",
    "url": "https://shop.example/1",
    "brand": "Fogline",
    "seller_name": "Harbor",
    "image_url": "https://cdn.example.com/1.jpg",
    "availability": "in_stock",
    "price": "24.00 USD",
}


@pytest.mark.parametrize("missing", GOOD)
def test_nine_fields_are_required(missing: str) -> None:
    checked = check(COLUMNS, {name: value for name, value in GOOD.items() if name != missing})

    assert checked.row is None
    assert [(one.rule, one.field, one.effect) for one in checked.problems] == [("V-08", missing, "refused")]


OPTIONS: dict[str, Any] = {
    "group_id": "p",
    "listing_has_variations": True,
    "variant_dict": {"Colour": "Navy", "Size": "L"},
}

REFUSED = [
    ("V-03", {"item_id": "null"}),
    ("V-03", {"item_id": "N/A"}),
    ("V-05", {"item_id": "two words"}),
    ("V-05", {"item_id": "x" * 101}),
    ("V-01", {"title": "Tote\x07"}),
    ("V-01", {"title": 7}),
    ("V-02", {"url": "/1"}),
    ("V-02", {"url": "ftp://shop.example/1"}),
    ("V-02", {"url": "https://shop:secret@shop.example/1"}),
    ("V-02", {"url": "http://127.0.0.1:8000/1"}),
    ("V-02", {"url": "https://localhost/1"}),
    ("V-02", {"url": "https://shop.internal/1"}),
    ("V-02", {"url": "https://[::1/1"}),
    ("V-12", {"image_url": "https://cdn.example.com/1.SVG?x=1"}),
    ("V-10", {"availability": "preorder"}),
    ("V-10", {"availability": "In stock"}),
    ("V-06", {"price": "24,00 USD"}),
    ("V-06", {"price": "1,024.00 USD"}),
    ("V-06", {"price": "24.00USD"}),
    ("V-06", {"price": "24.00 usd"}),
    ("V-06", {"price": "24.001 USD"}),
    ("V-06", {"price": "24.5 JPY"}),
    ("V-06", {"price": "2.4e1 USD"}),
    ("V-06", {"price": "24.00 XYZ"}),
    ("V-06", {"price": "0.00 USD"}),
    ("V-15", {"sale_price": "24.00 USD"}),
    ("V-15", {"sale_price": "19.00 EUR"}),
    ("V-20", {"group_id": "p", "listing_has_variations": True, "variant_dict": {"Color": ""}}),
    ("V-20", {"group_id": "p", "variant_dict": {"Color": "Navy"}}),
]


@pytest.mark.parametrize(("rule", "changes"), REFUSED)
def test_what_the_platform_refuses_is_refused_here(rule: str, changes: dict[str, Any]) -> None:
    checked = check(COLUMNS, {**GOOD, **changes})

    assert checked.row is None
    assert [one.rule for one in checked.problems] == [rule]


LEFT_OUT = [
    ("V-04", {"is_ads_eligible": "yes"}),
    ("V-11", {"gtin": "123"}),
    ("V-11", {"gtin": "036000 291452"}),
    ("V-11", {"gtin": "0306406152"}),
    ("V-09", {"mpn": "m" * 71}),
    ("V-10", {"condition": "vintage"}),
    ("V-10", {"gender": "men"}),
    ("V-10", {"age_group": "teen"}),
    ("V-14", {"dimensions": {"length": "4", "unit": "cm"}}),
    ("V-14", {"dimensions": {"length": "4", "width": "4", "unit": "yd"}}),
    ("V-14", {"dimensions": {"length": "4", "width": "4", "depth": "4", "unit": "cm"}}),
    ("V-14", {"dimensions": {}}),
    ("V-13", {"dimensions": {"length": "0", "width": "4", "unit": "cm"}}),
    ("V-14", {"length": "4"}),
    ("V-14", {"weight": "4"}),
    ("V-17", {"item_weight_unit": "g"}),
    ("V-17", {"dimensions_unit": "cm"}),
    ("V-17", {"return_deadline_in_days": 30}),
    ("V-13", {"return_deadline_in_days": 0, "accepts_returns": True}),
    ("V-06", {"shipping_price": "5.00 EUR"}),
    ("V-17", {"shipping_price": "5.00 USD", "shipping": "US::Standard:5.00 USD"}),
    ("V-10", {"shipping": "USA::Standard:5.00 USD"}),
    ("V-10", {"shipping": "US:Standard:5.00 USD"}),
    ("V-13", {"review_count": -1}),
    ("V-17", {"star_rating": "4.50"}),
    ("V-13", {"star_rating": "5.50", "review_count": 3}),
    ("V-13", {"star_rating": "4.567", "review_count": 3}),
    ("V-17", {"star_rating": "4.50", "store_review_count": 3, "store_star_rating": "4.10"}),
    ("V-17", {"store_star_rating": "4.50", "review_count": 3}),
    ("V-17", {"store_review_count": 3}),
    ("V-06", {"shipping": "US::Standard:5.00 EUR"}),
    ("V-06", {"shipping": "US::Standard:5.00 USD,CA::Express:9.00 CAD"}),
    ("V-17", {"marketplace_seller": "harbor "}),
    ("V-20", {"group_id": "p"}),
    ("V-03", {"group_id": "none"}),
    ("V-20", {"listing_has_variations": True}),
    ("V-20", {"group_id": "p", "listing_has_variations": True}),
    ("V-20", {**OPTIONS, "color": "Red"}),
    ("V-20", {**OPTIONS, "size": "M"}),
    ("V-10", {"target_countries": ["DE"]}),
    ("V-10", {"store_country": "us"}),
    ("V-02", {"return_policy": "see below"}),
    ("V-20", {"ads_metadata": {"a": 1}}),
    ("V-10", {"size_system": "USA"}),
    ("V-12", {"additional_image_urls": ["https://cdn.example.com/1.gif"]}),
]


@pytest.mark.parametrize(("rule", "changes"), LEFT_OUT)
def test_what_the_platform_ignores_is_left_out_here(rule: str, changes: dict[str, Any]) -> None:
    checked = check(COLUMNS, {**GOOD, **changes})

    assert checked.row is not None
    assert [(one.rule, one.effect) for one in checked.problems] == [(rule, "left_out")]
    assert checked.problems[0].field not in checked.row


FINE: list[dict[str, Any]] = [
    {**OPTIONS, "color": "navy", "size": "L", "material": "Canvas"},
    {"listing_has_variations": False},
    {"marketplace_seller": "Pier 39"},
    {"store_star_rating": "4.5", "store_review_count": 9},
    {"availability": "unknown"},
    {"price": "1234 JPY"},
    {"price": "1.234 KWD"},
    {"sale_price": "23.99 USD"},
    {"shipping_price": "0.00 USD"},
    {"shipping": "US::Standard:5.00 USD,CA:ON:Express:9.00 USD"},
    {"gtin": "96385074"},
    {"length": "4.5", "width": "3", "dimensions_unit": "in"},
    {"weight": "0.4", "item_weight_unit": "kg"},
    {"star_rating": "4.50", "review_count": 12},
    {"accepts_returns": False},
    {"url": "http://xn--bcher-kva.example/1"},
    {"url": "https://8.8.8.8/1"},
    {"is_eligible_search": False, "is_eligible_checkout": False},
    {"group_id": "p", "listing_has_variations": True, "variant_dict": {"Color": "Navy"}},
]


@pytest.mark.parametrize("changes", FINE)
def test_what_the_platform_takes_is_taken(changes: dict[str, Any]) -> None:
    checked = check(COLUMNS, {**GOOD, **changes})

    assert checked.row == {**GOOD, **changes}
    assert checked.problems == ()


def test_what_cannot_be_found_cannot_be_bought() -> None:
    row = {**GOOD, "is_eligible_search": False, "is_eligible_checkout": True}

    checked = check(COLUMNS, row)

    assert checked.row is not None
    assert checked.row["is_eligible_checkout"] is False
    assert [(one.rule, one.effect) for one in checked.problems] == [("V-17", "changed")]


def test_a_bad_picture_costs_only_itself() -> None:
    good, bad = "https://cdn.example.com/2.png", "https://cdn.example.com/2.gif"

    checked = check(COLUMNS, {**GOOD, "additional_image_urls": [good, bad]})

    assert checked.row is not None
    assert checked.row["additional_image_urls"] == [good]


def test_the_shops_own_address_may_be_private() -> None:
    """Whoever fetches the feed from there can open the pages there."""
    checked = check(COLUMNS, {**GOOD, "url": "https://shop.example/products/1"})

    assert checked.problems == ()
