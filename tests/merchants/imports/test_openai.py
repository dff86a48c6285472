from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from commerce.catalog.product_data import MediaData, StockData
from merchants.imports.product_files import open_products
from merchants.imports.reading import ReadProduct, ShopLocale
from tests.merchants.imports.files_as_read import by_handle, data, only, sample, told


def one(folder: Path, **fields: object) -> ReadProduct:
    path = folder / "feed.jsonl"
    path.write_text(json.dumps({"item_id": "A", "title": "Mug", "price": "1.00 USD", **fields}))
    (product,) = open_products(path, locale=ShopLocale("usd")).read()
    return product


def test_variants_of_the_current_feed() -> None:
    tote = data(by_handle(sample("openai.jsonl"))["0017"])

    assert (tote.handle, tote.title, tote.category) == ("0017", "Market Tote", "Bags > Totes")
    assert (tote.option_names, tote.status) == (("Color", "Volume"), "active")
    assert tote.description == "Stands by itself.\nWashable."
    navy, natural = tote.variants
    assert (navy.option_values, natural.option_values) == (("Navy", "20 l"), ("Natural", "20 l"))
    assert (navy.sku, navy.price_minor, navy.sale_price_minor) == ("0017-NVY", 3400, 2900)
    assert (navy.stock, natural.stock) == (StockData(14), StockData(0))
    assert (navy.status, natural.status) == ("active", "inactive")
    assert (navy.weight_grams, navy.length_mm, navy.width_mm, navy.height_mm) == (420, 400, 125, 350)
    assert tote.media == (
        MediaData("https://cdn.example/tote-navy.jpg"),
        MediaData("https://cdn.example/tote-2.jpg"),
        MediaData("https://cdn.example/a%2Cb.jpg"),
        MediaData("https://cdn.example/tote-natural.jpg"),
    )


def test_variants_of_the_feed_of_2025() -> None:
    lamp = data(by_handle(sample("openai_2025.csv"))["LAMP"])

    assert (lamp.title, lamp.option_names) == ("Desk Lamp", ("Shade", "Plug"))
    white, black = lamp.variants
    assert (white.option_values, white.sku, white.stock) == (("White", "US"), "LAMP-W", StockData(5))
    assert (white.weight_grams, white.length_mm, white.width_mm, white.height_mm) == (680, 305, 203, 127)
    assert (black.status, black.sale_price_minor, black.stock) == (
        "inactive",
        6999,
        StockData(0, allow_backorder=True),
    )
    assert str(black.sale_ends_at) == "2026-12-25 00:00:00+00:00"


def test_older_name_counts_only_where_the_rule_says_so() -> None:
    notes = sample("openai_2025.csv").notes

    assert [(note.column, note.advice) for note in notes] == [
        ("sku", "“id” goes before it; this is used where that is empty."),
        ("is_eligible_search", "“enable_search” goes before it; this is used where that is empty."),
        ("item_group_title", "Nothing is made of this column."),
    ]


def test_every_line_is_told_about_or_imported() -> None:
    products = list(sample("openai.jsonl").read())

    assert [(product.row, product.handle, product.data is not None) for product in products] == [
        (1, "0017", True),
        (3, "", False),
        (4, "CARD-1", True),
        (5, "CARD-2", False),
        (6, "CARDS", True),
    ]
    assert [told(product.problems) for product in products[1:]] == [
        [("error", 3, "", "not json at all")],
        [
            ("notice", 4, "variant_dict", "none"),
            ("notice", 4, "price", "4.50 usd"),
            ("notice", 4, "is_eligible_search", "TRUE"),
            ("warning", 4, "image_url", "https://user:secret@cdn.example/wrap.jpg"),
        ],
        [("error", 5, "price", "25")],
        [("warning", 6, "variant_dict", '{"Motif":""}')],
    ]


@pytest.mark.parametrize(
    ("price", "minor"),
    [
        ("12.34 USD", 1234),
        ("0.00 USD", 0),
        ("USD 12", 1200),
        ("12 usd", 1200),
        ("12.345 USD", None),
        ("1,200.00 USD", None),
        ("1e3 USD", None),
        ("-3.00 USD", None),
        ("12.34", None),
        ("USD 12 USD", None),
        ("12.34 EUR", None),
        ("\u0661\u0662 USD", None),
    ],
)
def test_price(tmp_path: Path, price: str, minor: int | None) -> None:
    product = one(tmp_path, price=price)

    assert (only(product).price_minor if product.data else None) == minor


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"weight": "1.5 kg"}, {"weight_grams": 1500}),
        ({"weight": "2", "item_weight_unit": "lb"}, {"weight_grams": 907}),
        ({"weight": "2"}, {}),
        ({"length": "10", "width": "20", "dimensions_unit": "in"}, {"length_mm": 254, "width_mm": 508}),
        ({"dimensions": {"length": "10", "width": "20", "unit": "m"}, "length": "1 cm"},
         {"length_mm": 10_000, "width_mm": 20_000}),
        ({"dimensions": "10 x 20 x 30 cm"}, {"length_mm": 100, "width_mm": 200, "height_mm": 300}),
        ({"dimensions": {"length": "10", "unit": "cm"}}, {}),
        ({"dimensions": {"length": "10", "width": "20"}}, {}),
        ({"dimensions": {}}, {}),
    ],
)  # fmt: skip
def test_measures(tmp_path: Path, fields: dict[str, object], expected: dict[str, int]) -> None:
    variant = only(one(tmp_path, **fields))

    names = ("weight_grams", "length_mm", "width_mm", "height_mm")
    assert {name: getattr(variant, name) for name in names if name not in variant.kept} == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (None, "active")),
        ({"is_eligible_search": True}, ("active", "active")),
        ({"is_eligible_search": False}, ("draft", "inactive")),
        ({"is_eligible_search": "no"}, ("draft", "inactive")),
        ({"enable_search": "true", "is_eligible_search": "false"}, ("active", "active")),
        ({"is_eligible_search": True, "is_eligible_checkout": False}, ("active", "active")),
    ],
)
def test_eligibility(tmp_path: Path, fields: dict[str, object], expected: tuple[str | None, str]) -> None:
    product = one(tmp_path, **fields)

    status = None if "status" in data(product).kept else data(product).status
    assert (status, only(product).status) == expected


@pytest.mark.parametrize(
    ("rows", "is_sold", "told_of"),
    [
        ([{}, {}], None, []),
        ([{"is_eligible_checkout": True}, {}], True, []),
        ([{"is_eligible_checkout": False}, {"is_eligible_checkout": "no"}], False, []),
        ([{"enable_checkout": "true"}, {"enable_checkout": "false"}], False, [2]),
        ([{"is_eligible_checkout": True}, {"is_eligible_checkout": False, "is_eligible_search": False}], True, []),
        ([{"is_eligible_checkout": False, "is_eligible_search": False}] * 2, False, []),
    ],
)
def test_what_may_not_be_bought_is_only_shown(
    tmp_path: Path, rows: list[dict[str, object]], is_sold: bool | None, told_of: list[int]
) -> None:
    shared = {"group_id": "g", "title": "Mug", "price": "1.00 USD"}
    path = tmp_path / "feed.jsonl"
    path.write_text("\n".join(json.dumps({"item_id": str(at), **shared, **row}) for at, row in enumerate(rows)))

    (product,) = open_products(path, locale=ShopLocale("usd")).read()

    kept = "is_checkout_enabled" in data(product).kept
    assert (None if kept else data(product).is_checkout_enabled) == is_sold
    assert [one.row for one in product.problems if one.severity == "warning"] == told_of


def test_day_on_which_backorders_leave(tmp_path: Path) -> None:
    told_day = one(tmp_path, availability="pre_order", availability_date="2026-12-24")
    nonsense = one(tmp_path, availability="pre_order", availability_date="soon")

    assert only(told_day).backorders_ship_on == date(2026, 12, 24)
    assert "backorders_ship_on" in only(nonsense).kept
    assert told(nonsense.problems) == [("warning", 1, "availability_date", "soon")]


@pytest.mark.parametrize(
    ("fields", "stock", "is_told"),
    [
        ({"inventory_quantity": 4}, StockData(4), True),
        ({"inventory_quantity": -3}, StockData(0), True),
        ({"inventory_quantity": "many"}, StockData(0), False),
        ({"inventory_quantity": None}, StockData(0, is_tracked=False), False),
        ({"inventory_quantity": -3, "availability": "backorder"}, StockData(-3, allow_backorder=True), True),
    ],
)
def test_quantity(tmp_path: Path, fields: dict[str, object], stock: StockData, is_told: bool) -> None:
    variant = only(one(tmp_path, **{"availability": "in_stock", **fields}))

    assert (variant.stock, "stock" not in variant.kept) == (stock, is_told)


def test_ids_keep_their_zeros(tmp_path: Path) -> None:
    assert only(one(tmp_path, item_id="00042")).sku == "00042"


def test_options_that_differ_only_in_case_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    rows = [
        {"item_id": "A", "group_id": "g", "title": "Mug", "price": "1.00 USD", "variant_dict": {"Color": "Red"}},
        {"item_id": "B", "group_id": "g", "title": "Mug", "price": "1.00 USD", "variant_dict": {"color": "Blue"}},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))

    (product,) = open_products(path, locale=ShopLocale("usd")).read()

    assert data(product).option_names == ("Color",)
    assert [variant.option_values for variant in data(product).variants] == [("Red",), ("Blue",)]
