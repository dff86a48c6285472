from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commerce.catalog.models import Variant
from commerce.catalog.product_data import PRODUCT_COLUMNS, MediaData, StockData
from merchants.imports.product_files import open_products
from merchants.imports.reading import ShopLocale
from merchants.imports.services import import_products
from tests.catalog.samples import shop
from tests.merchants.imports.files_as_read import by_handle, data, only, sample, text_file, told

HOODIE = "woo-44"


def test_variations_find_their_parent_by_sku_and_by_id() -> None:
    hoodie = data(by_handle(sample("woocommerce.csv"))[HOODIE])

    assert (hoodie.handle, hoodie.title, hoodie.brand) == ("woo-44", "Tom & Ada Hoodie", "Fjord")
    assert hoodie.option_names == ("Color",)
    blue, green = hoodie.variants
    assert (blue.option_values, blue.sku, blue.status) == (("Blue",), "FJ-HOODIE-B", "inactive")
    assert (green.option_values, green.sku, green.status) == (("Green",), "FJ-HOODIE-G", "active")


def test_words_of_the_product() -> None:
    hoodie = data(by_handle(sample("woocommerce.csv"))[HOODIE])

    assert hoodie.description == "Warm and heavy.\nFirst line\nSecond line\nA backslash: \\n\nFit: Loose"
    assert (hoodie.category, hoodie.tags) == (
        "Clothing > Hoodies",
        ("warm", "cotton, organic", "Winter", "The Whole Set"),
    )
    assert (hoodie.status, hoodie.tax_code) == ("active", "reduced-rate")
    assert hoodie.media == (
        MediaData("https://cdn.example/h-1.jpg"),
        MediaData("https://cdn.example/h-2.jpg"),
        MediaData("https://cdn.example/h-green.jpg"),
    )


def test_prices_stock_and_measures_of_variations() -> None:
    blue, green = data(by_handle(sample("woocommerce.csv", time_zone="Europe/Oslo"))[HOODIE]).variants

    assert (green.price_minor, green.sale_price_minor, green.gtin) == (6000, 4500, "4006381333931")
    assert green.sale_starts_at == datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    assert green.sale_ends_at == datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC)
    assert (green.stock, blue.stock) == (StockData(8, allow_backorder=True), StockData(0))
    assert (green.weight_grams, green.length_mm, green.width_mm, green.height_mm) == (600, 300, 200, 50)
    assert (blue.weight_grams, blue.length_mm) == (650, 300)
    assert (green.max_quantity_per_order, blue.max_quantity_per_order) == (1, None)
    assert (green.image_urls, blue.image_urls) == (("https://cdn.example/h-green.jpg",), ())


def test_what_is_downloaded_is_digital() -> None:
    recordings = by_handle(sample("woocommerce.csv"))["woo-73"]

    assert (data(recordings).tax_code, only(recordings).is_digital) == ("exempt", True)
    assert only(recordings).download_url == "https://files.example/a.zip"
    assert only(recordings).stock == StockData(is_tracked=False)
    assert told(recordings.problems) == [("warning", 5, "Download 1 URL", "https://files.example/a.zip")]


@pytest.mark.parametrize(
    ("handle", "status", "problem"),
    [
        ("woo-80", None, ("error", 6, "Regular price", "19.999")),
        ("woo-81", "draft", ("warning", 7, "Visibility in catalog", "hidden")),
        ("woo-82", "draft", ("warning", 8, "Type", "subscription")),
        ("woo-87", None, ("warning", 9, "Type", "grouped")),
        ("woo-89", "draft", ("warning", 10, "Type", "external")),
        ("id:999", None, ("error", 11, "Parent", "id:999")),
        ("", None, ("error", 12, "Parent", "")),
        ("woo-92", None, ("error", 13, "Type", "variable")),
        ("woo-93", None, ("error", 14, "Regular price", "")),
    ],
)
def test_what_is_not_for_sale_here_is_told(
    handle: str, status: str | None, problem: tuple[str, int, str, str]
) -> None:
    product = by_handle(sample("woocommerce.csv"))[handle]

    assert (product.data.status if product.data else None) == status
    assert problem in told(product.problems)


def test_what_cannot_be_read_is_kept() -> None:
    box = by_handle(sample("woocommerce.csv"))["woo-82"]

    assert "weight_grams" in only(box).kept
    assert only(box).stock == StockData(0)
    assert [problem[2] for problem in told(box.problems)] == ["Weight (kg)", "Stock", "Type", "Images"]


def test_page_of_what_is_sold_elsewhere_is_kept() -> None:
    assert data(by_handle(sample("woocommerce.csv"))["woo-89"]).url == "https://other.example/pennant"


def test_stock_shared_with_the_parent_is_parted() -> None:
    mug = by_handle(sample("woocommerce.csv"))["woo-94"]

    assert [variant.stock.on_hand for variant in data(mug).variants] == [3, 2, 2]
    assert ("warning", 16, "Stock", "parent") in told(mug.problems)


def test_variation_for_any_value_is_told() -> None:
    mug = by_handle(sample("woocommerce.csv"))["woo-94"]

    assert [variant.option_values for variant in data(mug).variants] == [
        ("S", "Any"),
        ("M", "Left"),
        ("L", "Right"),
    ]
    assert ("warning", 16, "Attribute 2 value(s)", "") in told(mug.problems)


def test_variations_without_attributes_are_told_apart_by_name() -> None:
    pin = by_handle(sample("woocommerce.csv"))["woo-98"]

    assert (data(pin).option_names, data(pin).description) == (("Variation",), "Metal: Tin, Zinc")
    assert [variant.option_values for variant in data(pin).variants] == [("Pin one",), ("Pin two",)]
    assert told(pin.problems) == [("warning", 19, "Attribute 1 value(s)", "Tin, Zinc")]


def test_every_row_is_accounted_for() -> None:
    file = sample("woocommerce.csv")
    products = list(file.read())

    assert (file.rows, file.products, len(products)) == (20, 13, 13)
    imported = {row for product in products for row in product.variant_rows}
    reported = {problem.row for product in products for problem in product.problems}
    assert {row for row in range(2, 22) if row not in imported | reported} == {2, 15}  # parents


def test_only_columns_that_are_there_are_told(tmp_path: Path) -> None:
    (product,) = text_file(tmp_path, "Name,SKU,Regular price\nMug,M-1,9\n").read()

    assert data(product).handle == "m-1-fc12a89c"
    assert data(product).kept == {*PRODUCT_COLUMNS, "media"} - {"title", "option_names"}
    assert {"weight_grams", "stock", "sale_price_minor", "is_digital", "max_quantity_per_order", "status"} <= only(
        product
    ).kept


@pytest.mark.parametrize(
    ("columns", "cells", "status"),
    [
        ("Published", "1", ("active", "active")),
        ("Published", "0", ("draft", "active")),
        ("Type", "simple", (None, None)),
        ("Type", "subscription", ("draft", None)),
        ("Visibility in catalog", "visible", (None, None)),
        ("Visibility in catalog", "hidden", ("draft", None)),
    ],
)
def test_status_is_told_where_a_column_says_so(
    tmp_path: Path, columns: str, cells: str, status: tuple[str | None, str | None]
) -> None:
    (product,) = text_file(tmp_path, f"Name,SKU,Regular price,{columns}\nMug,M-1,9,{cells}\n").read()

    found = tuple(None if "status" in one.kept else one.status for one in (data(product), only(product)))
    assert found == status


@pytest.mark.django_db
def test_prices_alone_put_nothing_back_on_sale(tmp_path: Path) -> None:
    merchant = shop()
    whole = "Type,SKU,Name,Parent,Regular price,Published,Attribute 1 name,Attribute 1 value(s)\n"
    whole += "variable,MUG,Mug,,,-1,Size,S\nvariation,MUG-S,Mug S,MUG,9,0,Size,S\n"
    import_products(merchant, text_file(tmp_path, whole).read())

    prices = "Type,SKU,Name,Parent,Regular price,Attribute 1 name,Attribute 1 value(s)\n"
    prices += "variable,MUG,Mug,,,Size,S\nvariation,MUG-S,Mug S,MUG,8,Size,S\n"
    summary = import_products(merchant, text_file(tmp_path, prices).read())

    variant = Variant.objects.get()
    assert (variant.price_minor, variant.status, variant.product.status) == (800, "inactive", "draft")
    assert [(one.severity, one.row, one.advice[:32]) for one in summary.problems] == [
        ("notice", 3, "It is inactive and stays so, for")
    ]


def test_same_product_twice_is_told(tmp_path: Path) -> None:
    (product,) = text_file(tmp_path, "ID,Name,Regular price\n7,Mug,9\n7,Pan,12\n").read()

    assert data(product).title == "Mug"
    assert told(product.problems) == [("error", 3, "ID", "7")]


def test_attributes_in_another_language_are_told_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "produkte.csv"
    path.write_text(
        "Typ,Name,Regulärer Preis,Artikelnummer,Übergeordnet,Name Attribut 1,Werte Attribut 1\n"
        'variable,Becher,,B,,Farbe,"Rot, Blau"\n'
        "variation,Becher rot,9,B-R,B,Farbe,Rot\n"
    )
    mapping = {
        "Type": "Typ",
        "Regular price": "Regulärer Preis",
        "SKU": "Artikelnummer",
        "Parent": "Übergeordnet",
        "Attribute 1 name": "Name Attribut 1",
        "Attribute 1 value(s)": "Werte Attribut 1",
    }

    file = open_products(path, locale=ShopLocale("usd"), format_code="woocommerce", mapping=mapping)

    (product,) = file.read()
    assert data(product).option_names == ("Farbe",)
    assert [(one.option_values, one.price_minor) for one in data(product).variants] == [(("Rot",), 900)]


def test_members_of_a_group_have_its_name_as_a_tag(tmp_path: Path) -> None:
    rows = (
        "1,simple,CAP,Cap,9,warm,",
        '2,grouped,SET,Tom &amp; Ada Set,,,"id:1, Mug, NOWHERE"',
        "3,simple,MUG,Mug,5,,",
        "4,simple,PIN,Pin,1,,",
        "5,grouped,VOID,Nothing,,,",
    )
    file = text_file(tmp_path, "\n".join(("ID,Type,SKU,Name,Regular price,Tags,Grouped products", *rows)))

    found = by_handle(file)

    assert [data(found[handle]).tags for handle in ("woo-1", "woo-3", "woo-4")] == [
        ("warm", "Tom & Ada Set"),
        ("Tom & Ada Set",),
        (),
    ]
    assert told(found["woo-2"].problems) == [("warning", 3, "Type", "grouped")]
    assert told(found["woo-5"].problems) == [("error", 6, "Type", "grouped")]


def test_what_is_counted_and_not_in_stock_is_told(tmp_path: Path) -> None:
    content = "Name,SKU,Regular price,In stock?,Stock\nMug,M-1,9,0,5\n"

    (product,) = text_file(tmp_path, content).read()

    assert only(product).stock.on_hand == 0
    assert told(product.problems) == [("warning", 2, "In stock?", "0")]


def test_sale_for_nothing_is_told(tmp_path: Path) -> None:
    (product,) = text_file(tmp_path, "Name,SKU,Regular price,Sale price\nMug,M-1,9,0\n").read()

    assert only(product).sale_price_minor == 0
    assert told(product.problems) == [("notice", 2, "Sale price", "0")]


@pytest.mark.parametrize(
    ("columns", "cells", "stock"),
    [
        ("Stock", "3", StockData(3, kept=frozenset(("allow_backorder",)))),
        ("Stock", "", StockData(is_tracked=False)),
        ("In stock?", "0", StockData(0)),
        (
            "In stock?",
            "1",
            StockData(is_tracked=False, kept=frozenset(("on_hand", "is_tracked", "allow_backorder"))),
        ),
        (
            "In stock?",
            "backorder",
            StockData(allow_backorder=True, kept=frozenset(("on_hand", "is_tracked"))),
        ),
    ],
)
def test_levels_without_a_column_are_kept(tmp_path: Path, columns: str, cells: str, stock: StockData) -> None:
    (product,) = text_file(tmp_path, f"Name,SKU,Regular price,{columns}\nMug,M-1,9,{cells}\n").read()

    assert only(product).stock == stock


@pytest.mark.parametrize(
    ("parent", "variation", "code", "problem"),
    [
        ("taxable,reduced", "taxable,parent", "reduced", None),
        ("taxable,reduced", "taxable,zero", "reduced", "Tax class"),
        ("taxable,reduced", "taxable,", "reduced", "Tax class"),
        ("taxable,", "taxable,reduced", "", "Tax class"),
        ("taxable,", "none,", "", "Tax status"),
        ("none,", "none,parent", "exempt", None),
        ("none,", ",", "exempt", None),
        ("none,", "taxable,parent", "exempt", "Tax class"),
    ],
)
def test_variation_that_is_taxed_otherwise_is_told(
    tmp_path: Path, parent: str, variation: str, code: str, problem: str | None
) -> None:
    content = "Type,SKU,Name,Parent,Regular price,Tax status,Tax class,Attribute 1 name,Attribute 1 value(s)\n"
    content += f"variable,MUG,Mug,,,{parent},Size,S\nvariation,MUG-S,Mug S,MUG,9,{variation},Size,S\n"

    (product,) = text_file(tmp_path, content).read()

    assert data(product).tax_code == code
    assert [(one.row, one.column) for one in product.problems] == ([(3, problem)] if problem else [])


def test_description_of_a_variation_is_told(tmp_path: Path) -> None:
    content = "Type,SKU,Name,Parent,Regular price,Description,Attribute 1 name,Attribute 1 value(s)\n"
    content += "variable,MUG,Mug,,,Tin.,Size,\nvariation,MUG-S,Mug S,MUG,9,Small.,Size,S\n"
    content += "variation,MUG-M,Mug M,MUG,9,Tin.,Size,M\nvariation,MUG-L,Mug L,MUG,9,,Size,L\n"

    (product,) = text_file(tmp_path, content).read()

    assert data(product).description == "Tin."
    assert told(product.problems) == [("warning", 3, "Description", "Small.")]


def test_words_that_are_kept_escaped_are_read(tmp_path: Path) -> None:
    content = "Type,SKU,Name,Parent,Regular price,Categories,Tags,Brands,Attribute 1 name,Attribute 1 value(s)\n"
    content += "variable,M,Mill,,,Bath &amp; Kitchen &gt; Bar > A&amp;B,R&amp;D,Tom &amp; Ada,H &amp; W,\n"
    content += "variation,M-1,Mill,M,9,,,,H &amp; W,Salt &amp; Pepper\n"

    (product,) = text_file(tmp_path, content).read()

    mill = data(product)
    assert (mill.category, mill.tags, mill.brand) == ("Bath & Kitchen > Bar > A&B", ("R&D",), "Tom & Ada")
    assert (mill.option_names, mill.variants[0].option_values) == (("H & W",), ("Salt & Pepper",))
    assert product.problems == ()


@pytest.mark.parametrize(("starts", "ends"), [("2026-11-24", "11/30/2026"), ("24.11.2026", "")])
def test_sale_of_unknown_days_is_left_as_it_was(tmp_path: Path, starts: str, ends: str) -> None:
    content = "Name,SKU,Regular price,Sale price,Date sale price starts,Date sale price ends\n"

    (product,) = text_file(tmp_path, f"{content}Mug,M-1,9,8,{starts},{ends}\n").read()

    assert {"sale_price_minor", "sale_starts_at", "sale_ends_at"} <= only(product).kept
    assert ("warning", 2, "Sale price", "8") in told(product.problems)
