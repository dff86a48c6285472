from __future__ import annotations

from datetime import UTC, date, datetime
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


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-12-24", date(2026, 12, 24)),
        ("2026-12-24T03:00+0100", date(2026, 12, 23)),
        ("", None),
    ],
)
def test_day_on_which_backorders_leave(tmp_path: Path, said: str, day: date | None) -> None:
    content = (
        f"id,title,price,availability,availability_date,shipping_weight\nA,Mug,1.00 USD,backorder,{said},1 kg\n"
    )

    (product,) = text_file(tmp_path, content).read()

    assert (only(product).backorders_ship_on, "backorders_ship_on" in only(product).kept) == (day, False)


def test_repeated_columns_of_pictures_are_all_read(tmp_path: Path) -> None:
    header = "id,title,price,image_link,additional_image_link,additional_image_link"
    content = f"{header}\nA,Mug,1.00 USD,{CDN}/1.jpg,{CDN}/2.jpg,{CDN}/3.jpg\n"

    (product,) = text_file(tmp_path, content).read()

    assert [media.url for media in data(product).media] == [f"{CDN}/1.jpg", f"{CDN}/2.jpg", f"{CDN}/3.jpg"]


@pytest.mark.parametrize(
    "titles",
    [
        ['"Best" Mug', "Pan"],
        ['"Best Mug', "Pan"],
        ['"Best Mug', '"Other Pan'],
        ['"Best Mug', 'Pan 24"'],
        ['"Best Mug', "Pan", '"Pot, 24"" wide"'],
    ],
)
def test_title_that_begins_with_a_quotation_mark_is_a_title(tmp_path: Path, titles: list[str]) -> None:
    rows = "".join(f"{number}\t{title}\t1.00 USD\tin stock\r\n" for number, title in enumerate(titles))
    file = text_file(tmp_path, f"id\ttitle\tprice\tavailability\r\n{rows}")

    products = list(file.read())

    wanted = [title.replace('"Pot, 24"" wide"', 'Pot, 24" wide') for title in titles]
    assert [data(product).title for product in products] == wanted
    assert [product.problems for product in products] == [()] * len(titles)
    assert [note.advice[:52] for note in file.notes][:1] == [
        "A cell begins with a quotation mark that does not en"
    ]


def test_quotation_marks_around_several_lines_hold_a_cell(tmp_path: Path) -> None:
    content = (
        'id\ttitle\tdescription\tprice\nA\t"The ""Mug"""\t"One\n\t\ttwo"\t1.00 USD\nB\tPan\t24" wide\t2.00 USD\n'
    )

    mug, pan = text_file(tmp_path, content).read()

    assert (data(mug).title, data(mug).description) == ('The "Mug"', "One\ntwo")
    assert data(pan).description == '24" wide'


@pytest.mark.parametrize(
    ("window", "is_told"),
    [
        ("2026-11-24/2026-11-30", True),
        ("", True),
        ("2026-13-24/2026-11-30", False),
        ("2026-11-24 - 2026-11-30", False),
    ],
)
def test_sale_of_unknown_days_is_left_as_it_was(tmp_path: Path, window: str, is_told: bool) -> None:
    content = "id,title,price,sale_price,sale_price_effective_date,shipping_weight\n"

    (product,) = text_file(tmp_path, f"{content}A,Mug,9.00 USD,8.00 USD,{window},\n").read()

    fields = {"sale_price_minor", "sale_starts_at", "sale_ends_at"}
    assert fields & only(product).kept == (set() if is_told else fields)
    assert only(product).sale_price_minor == (800 if is_told else None)
