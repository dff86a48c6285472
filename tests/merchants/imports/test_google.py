from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commerce.catalog.product_data import MediaData, StockData
from tests.merchants.imports.files_as_read import by_handle, data, only, sample, text_file, told

CDN = "https://cdn.example"


def test_siblings_that_others_interrupt_are_one_product() -> None:
    tee = data(by_handle(sample("google.tsv"))["TEE"])

    assert (tee.title, tee.brand, tee.category) == ("Linen Tee - Red", "Fogline", "Clothing > Shirts")
    assert tee.option_names == ("Color", "Size", "Material")
    assert [variant.option_values for variant in tee.variants] == [("Red", "S", "linen"), ("Red", "M", "linen")]
    assert tee.description == "Airy linen. Cool in summer.\nGender: female\nAge group: adult"
    assert tee.url == "https://shop.example/tee?v=rs"
    assert tee.media == (
        MediaData(f"{CDN}/tee-red.jpg"),
        MediaData(f"{CDN}/tee-2.jpg"),
        MediaData(f"{CDN}/tee-3.jpg"),
    )


def test_facts_that_all_siblings_share_are_the_products(tmp_path: Path) -> None:
    products = by_handle(sample("google.tsv"))
    tee = data(products["TEE"])
    text = "id\ttitle\tprice\titem_group_id\tgender\tcondition\tidentifier_exists\n{}"
    rows = "A\tTee\t1.00 USD\tT\tmale\tused\tno\nB\tTee\t1.00 USD\tT\tfemale\tused\tno\n"

    mixed = data(by_handle(text_file(tmp_path, text.format(rows)))["T"])

    assert (tee.condition, tee.gender, tee.age_group, tee.material) == ("new", "female", "adult", "linen")
    assert (mixed.condition, mixed.has_no_identifier, mixed.option_names) == ("used", True, ("Gender",))
    assert {"gender", "age_group", "material", "is_checkout_enabled"} <= mixed.kept


def test_sale_with_its_dates_and_measures() -> None:
    small, medium = data(by_handle(sample("google.tsv"))["TEE"]).variants

    assert (small.price_minor, small.sale_price_minor, small.sku) == (2500, 2000, "TEE-R-S")
    assert small.sale_starts_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert small.sale_ends_at == datetime(2026, 12, 1, 4, 59, tzinfo=UTC)
    assert (small.gtin, small.mpn, small.weight_grams, small.length_mm) == ("4006381333931", "TEE1", 200, 300)
    assert (medium.sale_price_minor, medium.gtin) == (None, "")


def test_stock_is_only_counted_where_none_is_left() -> None:
    small, medium = data(by_handle(sample("google.tsv"))["TEE"]).variants

    assert (small.stock, "stock" in small.kept) == (StockData(is_tracked=False), True)
    assert (medium.stock, "stock" in medium.kept) == (StockData(0), False)


def test_problems_are_told_with_the_files_own_names() -> None:
    products = by_handle(sample("google.tsv"))

    assert told(products["TEE"].problems) == [
        ("notice", 4, "gtin", "n/a"),
        ("warning", 4, "sale price", "26.00 USD"),
    ]
    assert told(products["CUP-1"].problems) == [("error", 3, "price", "12.00 EUR")]
    assert products["CUP-1"].problems[0].advice == (
        "The shop sells in USD: write it so, such as 19.99 USD."
        " Without a price the variant was left out; what was there before stays."
    )
    assert told(products["CUP-2"].problems) == [
        ("notice", 5, "price", "USD 12"),
        ("warning", 5, "gtin", "4006381333932"),
        ("warning", 5, "shipping_weight", "1 stone"),
        ("warning", 5, "image_link", "cup.jpg"),
        ("warning", 5, "adult", "yes"),
        ("error", 6, "id", "CUP-2"),
    ]
    assert told(products[""].problems) == [("error", 7, "id", "")]


def test_goods_for_adults_and_used_ones_are_marked() -> None:
    cup = data(by_handle(sample("google.tsv"))["CUP-2"])

    assert (cup.status, cup.tags, cup.description) == ("draft", ("refurbished",), "Condition: refurbished")
    assert cup.variants[0].stock == StockData(0, allow_backorder=True)


def test_file_as_a_whole_is_told_about() -> None:
    notes = sample("google.tsv").notes

    assert [(note.severity, note.column) for note in notes] == [
        ("notice", "google_product_category"),
        ("notice", "mystery"),
        ("notice", "availability"),
    ]


@pytest.mark.parametrize(
    ("titles", "shared"),
    [
        (["Canvas Tote - Navy", "Canvas Tote - Natural"], "Canvas Tote"),
        (["Mug", "Mug large"], "Mug"),
        (["Mug S", "Mug M"], "Mug"),
        (["Tea", "Tea"], "Tea"),
        (["Red mug", "Blue mug"], "Red mug"),
        (["Tote (red)", "Tote (blue)"], "Tote"),
    ],
)
def test_title_is_what_siblings_share(tmp_path: Path, titles: list[str], shared: str) -> None:
    rows = "".join(f"{number},g,{title},1.00 USD\n" for number, title in enumerate(titles))

    (product,) = text_file(tmp_path, f"id,item_group_id,title,price\n{rows}").read()

    assert data(product).title == shared


def test_siblings_that_differ_in_nothing_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    (product,) = text_file(tmp_path, "id,item_group_id,title,price\nA,g,Mug,1.00 USD\nB,g,Mug,1.00 USD\n").read()

    assert data(product).option_names == ("Item",)
    assert [variant.option_values for variant in data(product).variants] == [("A",), ("B",)]


def test_missing_option_is_named(tmp_path: Path) -> None:
    content = "id,item_group_id,title,price,color\nA,g,Mug,1.00 USD,Red\nB,g,Mug,1.00 USD,\n"

    (product,) = text_file(tmp_path, content).read()

    assert [variant.option_values for variant in data(product).variants] == [("Red",), ("Unnamed",)]
    assert told(product.problems) == [("warning", 3, "color", "")]


@pytest.mark.parametrize(
    ("word", "stock", "is_told"),
    [
        ("in stock", StockData(is_tracked=False), False),
        ("In_Stock", StockData(is_tracked=False), False),
        ("https://schema.org/OutOfStock", StockData(0), True),
        ("preorder", StockData(0, allow_backorder=True), False),
        ("backorder", StockData(0, allow_backorder=True), False),
        ("tomorrow", StockData(0), False),
        ("", StockData(is_tracked=False), False),
    ],
)
def test_availability(tmp_path: Path, word: str, stock: StockData, is_told: bool) -> None:
    (product,) = text_file(tmp_path, f"id,title,price,availability\nA,Mug,1.00 USD,{word}\n").read()

    assert (only(product).stock, "stock" not in only(product).kept) == (stock, is_told)
    assert [problem[2] for problem in told(product.problems)] == (["availability"] if word == "tomorrow" else [])


def test_repeated_columns_of_pictures_are_all_read(tmp_path: Path) -> None:
    header = "id,title,price,image_link,additional_image_link,additional_image_link"
    content = f"{header}\nA,Mug,1.00 USD,{CDN}/1.jpg,{CDN}/2.jpg,{CDN}/3.jpg\n"

    (product,) = text_file(tmp_path, content).read()

    assert [media.url for media in data(product).media] == [f"{CDN}/1.jpg", f"{CDN}/2.jpg", f"{CDN}/3.jpg"]
