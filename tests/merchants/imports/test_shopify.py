from __future__ import annotations

from pathlib import Path

import pytest

from commerce.catalog.product_data import MediaData, ProductData, StockData
from merchants.imports.reading import Problem
from tests.merchants.imports.files import Cells, first, further, read
from tests.merchants.imports.files_as_read import data, only, text_file


def one(folder: Path, *rows: Cells, currency: str = "usd") -> tuple[ProductData, list[tuple[int, str, str]]]:
    (product,) = read(folder, *rows, currency=currency)
    assert product.data is not None
    return product.data, [(one.row, one.column, one.value) for one in product.problems]


def test_default_title_is_a_product_without_options(tmp_path: Path) -> None:
    row = first(
        Vendor="Fogline", Type="Kitchen", Tags="camp, mugs, camp", Variant_SKU="FOG-M", Variant_Grams="180"
    )

    data, problems = one(tmp_path, row)

    assert (data.handle, data.title, data.brand, data.category) == ("camp-mug", "Camp Mug", "Fogline", "Kitchen")
    assert (data.tags, data.option_names, data.status) == (("camp", "mugs"), (), "active")
    (variant,) = data.variants
    assert (variant.option_values, variant.price_minor, variant.currency) == ((), 1200, "usd")
    assert (variant.sku, variant.weight_grams, variant.is_digital) == ("FOG-M", 180, False)
    assert variant.stock == StockData(on_hand=5)
    assert problems == []


def test_option_names_stand_on_the_first_row_only(tmp_path: Path) -> None:
    data, problems = one(
        tmp_path,
        first(Option1_Name="Color", Option1_Value="Red", Option2_Name="Size", Option2_Value="S"),
        further(Option1_Value="Red", Option2_Value="M"),
        further(Option1_Value="Blue", Option2_Value="S"),
    )

    assert data.option_names == ("Color", "Size")
    assert [variant.option_values for variant in data.variants] == [("Red", "S"), ("Red", "M"), ("Blue", "S")]
    assert problems == []


def test_pictures_come_in_their_order(tmp_path: Path) -> None:
    host = "https://cdn.example"
    data, problems = one(
        tmp_path,
        first(
            Option1_Name="Color",
            Option1_Value="Red",
            Image_Src=f"{host}/2.jpg",
            Image_Position="2",
            Variant_Image=f"{host}/red.jpg",
        ),
        {"Handle": "camp-mug", "Image Src": f"{host}/1.jpg", "Image Position": "1", "Image Alt Text": "Front"},
        {"Handle": "camp-mug", "Image Src": "//cdn.example/3.jpg"},
        {"Handle": "camp-mug", "Image Src": f"{host}/1.jpg"},
        {"Handle": "camp-mug", "Image Src": "mug.jpg"},
    )

    assert data.media == (
        MediaData(f"{host}/1.jpg", "Front"),
        MediaData(f"{host}/2.jpg"),
        MediaData(f"{host}/3.jpg"),
        MediaData(f"{host}/red.jpg"),
    )
    assert len(data.variants) == 1
    assert data.variants[0].image_urls == (f"{host}/red.jpg",)
    assert problems == [(6, "Image Src", "mug.jpg")]


@pytest.mark.parametrize(
    ("price", "compare_at", "regular", "sale", "has_problem"),
    [
        ("12.00", "15.00", 1500, 1200, False),
        ("12.00", "12.00", 1200, None, False),
        ("12.00", "0.00", 1200, None, False),
        ("12.00", "", 1200, None, False),
        ("12.00", "9.00", 1200, None, True),
        ("12.00", "cheap", 1200, None, True),
    ],
)
def test_compare_at_price_above_the_price_makes_a_sale(
    tmp_path: Path, price: str, compare_at: str, regular: int, sale: int | None, has_problem: bool
) -> None:
    data, problems = one(tmp_path, first(Variant_Price=price, Variant_Compare_At_Price=compare_at))

    assert (data.variants[0].price_minor, data.variants[0].sale_price_minor) == (regular, sale)
    assert problems == ([(2, "Variant Compare At Price", compare_at)] if has_problem else [])


def test_what_is_sold_for_nothing_is_said_to_be(tmp_path: Path) -> None:
    data, problems = one(tmp_path, first(Variant_Price="0"))

    assert data.variants[0].price_minor == 0
    assert problems == [(2, "Variant Price", "0")]


@pytest.mark.parametrize("price", ["", "free", "-3", "12,50", "12.345", "1e3", "$12", "NaN", "9" * 15])
def test_variant_without_a_price_is_left_as_it_was(tmp_path: Path, price: str) -> None:
    data, problems = one(
        tmp_path,
        first(Option1_Name="Color", Option1_Value="Red"),
        further(Option1_Value="Blue", Variant_Price=price, Variant_SKU="BLUE"),
    )

    assert [variant.option_values for variant in data.variants] == [("Red",)]
    assert data.kept_options == frozenset({("Blue",)})
    assert set(problems) == {(3, "Variant Price", price)}


def test_prices_follow_the_currency(tmp_path: Path) -> None:
    data, _ = one(tmp_path, first(Variant_Price="1200"), currency="jpy")
    assert data.variants[0].price_minor == 1200

    data, _ = one(tmp_path, first(Variant_Price="1.234"), currency="kwd")
    assert data.variants[0].price_minor == 1234


def test_product_without_any_price_is_not_written(tmp_path: Path) -> None:
    (product,) = read(tmp_path, first(Variant_Price=""))

    assert product.data is None
    assert [(problem.severity, problem.advice) for problem in product.problems] == [
        (
            "error",
            "Give the variant a price. Without a price the variant was left out; what was there before stays.",
        )
    ]


@pytest.mark.parametrize(
    ("tracker", "quantity", "policy", "stock", "columns"),
    [
        ("shopify", "7", "deny", StockData(7), []),
        ("shopify", "7", "continue", StockData(7, allow_backorder=True), []),
        ("shopify", "-2", "continue", StockData(-2, allow_backorder=True), []),
        ("shopify", "-2", "deny", StockData(0), ["Variant Inventory Qty"]),
        ("shopify", "", "deny", StockData(0), ["Variant Inventory Qty"]),
        ("shopify", "many", "deny", StockData(0), ["Variant Inventory Qty"]),
        ("shopify", "7", "maybe", StockData(7), ["Variant Inventory Policy"]),
        ("", "7", "deny", StockData(7, is_tracked=False), []),
        ("", "", "", StockData(0, is_tracked=False), []),
    ],
)
def test_stock(
    tmp_path: Path, tracker: str, quantity: str, policy: str, stock: StockData, columns: list[str]
) -> None:
    row = first(Variant_Inventory_Tracker=tracker, Variant_Inventory_Qty=quantity, Variant_Inventory_Policy=policy)

    data, problems = one(tmp_path, row)

    assert data.variants[0].stock == stock
    assert [column for _, column, _ in problems] == columns


@pytest.mark.parametrize(
    ("barcode", "gtin"),
    [
        ("4006381333931", "4006381333931"),
        ("'4006381333931", "4006381333931"),
        ("978-0-306-40615-7", "9780306406157"),
        ("036000291452", "036000291452"),
        ("96385074", "96385074"),
        ("10012345678902", "10012345678902"),
    ],
)
def test_barcode_with_the_right_check_digit_is_a_gtin(tmp_path: Path, barcode: str, gtin: str) -> None:
    data, problems = one(tmp_path, first(Variant_Barcode=barcode))

    assert (data.variants[0].gtin, problems) == (gtin, [])


@pytest.mark.parametrize("barcode", ["4006381333932", "4.00638E+12", "12345", "MUG-1", "\u0664\u0660\u0660\u0666"])
def test_other_barcodes_are_reported(tmp_path: Path, barcode: str) -> None:
    data, problems = one(tmp_path, first(Variant_Barcode=barcode))

    assert (data.variants[0].gtin, problems) == ("", [(2, "Variant Barcode", barcode)])


def test_same_options_twice_make_two_variants(tmp_path: Path) -> None:
    data, problems = one(
        tmp_path,
        first(Option1_Name="Color", Option1_Value="Red", Variant_SKU="R1"),
        further(Option1_Value="Red", Variant_SKU="R2"),
        further(Option1_Value="Red", Variant_SKU="R3"),
    )

    found = [(variant.option_values, variant.sku) for variant in data.variants]
    assert found == [(("Red",), "R1"), (("Red (2)",), "R2"), (("Red (3)",), "R3")]
    assert problems == [(3, "Option1 Value", "Red"), (4, "Option1 Value", "Red")]


def test_variants_without_options_are_told_apart(tmp_path: Path) -> None:
    data, problems = one(tmp_path, first(Variant_SKU="A"), further(Variant_SKU="B"))

    assert data.option_names == ("Title",)
    assert [variant.option_values for variant in data.variants] == [("Default Title",), ("Default Title (2)",)]
    assert problems == [(3, "Option1 Value", "")]


def test_repeated_row_is_left_out(tmp_path: Path) -> None:
    red = first(Option1_Name="Color", Option1_Value="Red", Variant_SKU="R1")

    data, problems = one(tmp_path, red, red)

    assert len(data.variants) == 1
    assert problems == [(3, "Option1 Value", "Red")]


def test_missing_option_value_is_named(tmp_path: Path) -> None:
    data, problems = one(
        tmp_path,
        first(Option1_Name="Color", Option1_Value="Red", Option2_Name="Size", Option2_Value="S"),
        further(Option1_Value="Blue"),
    )

    assert [variant.option_values for variant in data.variants] == [("Red", "S"), ("Blue", "Unnamed")]
    assert problems == [(3, "Option2 Value", "")]


def test_option_without_a_name_gets_one(tmp_path: Path) -> None:
    data, problems = one(tmp_path, first(Option1_Name="", Option1_Value="Red"), further(Option1_Value="Blue"))

    assert data.option_names == ("Option 1",)
    assert problems == [(2, "Option1 Value", "Red")]


def test_same_sku_twice_is_reported_and_kept(tmp_path: Path) -> None:
    mug, pan = read(tmp_path, first(Variant_SKU="X1"), first(Handle="pan", Title="Pan", Variant_SKU="X1"))

    assert mug.data is not None
    assert pan.data is not None
    assert (mug.data.variants[0].sku, pan.data.variants[0].sku) == ("X1", "X1")
    advice = "Row 2 has the same SKU: give each variant its own."
    assert pan.problems == (Problem(3, "Variant SKU", "X1", advice),)


@pytest.mark.parametrize(
    ("published", "status", "expected", "columns"),
    [
        ("true", "", "active", []),
        ("", "", "active", []),
        ("FALSE", "", "draft", []),
        ("true", "draft", "draft", []),
        ("false", "active", "draft", []),
        ("true", "Archived", "archived", []),
        ("true", "sold", "draft", ["Status"]),
        ("perhaps", "", "active", ["Published"]),
    ],
)
def test_status(tmp_path: Path, published: str, status: str, expected: str, columns: list[str]) -> None:
    data, problems = one(tmp_path, first(Published=published, Status=status))

    assert data.status == expected
    assert [column for _, column, _ in problems] == columns


def test_gift_card_is_a_draft(tmp_path: Path) -> None:
    data, problems = one(tmp_path, first(Gift_Card="true"))

    assert (data.status, problems) == ("draft", [(2, "Gift Card", "true")])


def test_what_needs_no_shipping_is_digital(tmp_path: Path) -> None:
    data, _ = one(tmp_path, first(Variant_Requires_Shipping="FALSE"))

    assert data.variants[0].is_digital


@pytest.mark.parametrize(
    ("code", "taxable", "expected"),
    [("books", "true", "books"), ("books", "false", "exempt"), ("", "false", "exempt"), ("", "", "")],
)
def test_tax_code(tmp_path: Path, code: str, taxable: str, expected: str) -> None:
    data, problems = one(tmp_path, first(Variant_Tax_Code=code, Variant_Taxable=taxable))

    assert (data.tax_code, problems) == (expected, [])


def test_variants_of_different_tax_are_reported(tmp_path: Path) -> None:
    data, problems = one(
        tmp_path,
        first(Option1_Name="Color", Option1_Value="Red", Variant_Taxable="true"),
        further(Option1_Value="Blue", Variant_Taxable="false"),
    )

    assert data.tax_code == ""
    assert problems == [(3, "Variant Taxable", "false")]


def test_missing_title_is_made_of_the_handle(tmp_path: Path) -> None:
    data, problems = one(tmp_path, first(Title=""))

    assert (data.title, problems) == ("Camp mug", [(2, "Title", "")])


def test_long_words_are_cut(tmp_path: Path) -> None:
    data, problems = one(tmp_path, first(Title="m" * 300, Vendor="v" * 120))

    assert (len(data.title), len(data.brand)) == (255, 100)
    assert [column for _, column, _ in problems] == ["Title", "Vendor"]


def test_handle_in_other_letters_becomes_latin_and_stays_the_same(tmp_path: Path) -> None:
    data, problems = one(tmp_path, first(Handle="té-vert"))
    again, _ = one(tmp_path, first(Handle="té-vert"))

    assert data.handle == again.handle
    assert data.handle.startswith("te-vert-")
    assert problems == [(2, "Handle", "té-vert")]


def test_row_without_a_handle_is_reported(tmp_path: Path) -> None:
    stray, mug = read(tmp_path, first(), {"Title": "Stray", "Variant Price": "3"}, further(Option1_Value="Red"))

    assert (stray.row, stray.handle, stray.data) == (3, "", None)
    assert [problem.column for problem in stray.problems] == ["Handle"]
    assert mug.data is not None
    assert [variant.option_values for variant in mug.data.variants] == [("Default Title",), ("Red",)]


def test_scattered_rows_come_together(tmp_path: Path) -> None:
    pan, mug = read(
        tmp_path,
        first(Option1_Name="Color", Option1_Value="Red"),
        first(Handle="pan", Title="Pan"),
        further(Option1_Value="Blue"),
    )

    assert (pan.handle, mug.handle) == ("pan", "camp-mug")
    assert mug.data is not None
    assert [variant.option_values for variant in mug.data.variants] == [("Red",), ("Blue",)]


def test_facts_for_shopping_feeds_are_read(tmp_path: Path) -> None:
    told = {
        "Google Shopping / Condition": "Used",
        "Google Shopping / Gender": "female",
        "Google Shopping / Age Group": "toddler",
        "Google Shopping / Custom Product": "TRUE",
    }

    data, problems = one(tmp_path, first() | told)

    assert (data.condition, data.gender, data.age_group, data.has_no_identifier) == (
        "used",
        "female",
        "toddler",
        True,
    )
    assert problems == []


def test_facts_that_are_not_told_or_not_known_stay(tmp_path: Path) -> None:
    told = {"Google Shopping / Gender": "robots", "Google Shopping / Condition": ""}

    data, problems = one(tmp_path, first() | told)

    assert {"gender", "age_group", "material", "has_no_identifier", "is_checkout_enabled"} <= data.kept
    assert ("condition" in data.kept, data.condition) == (False, "")
    assert problems == [(2, "Google Shopping / Gender", "robots")]


KEPT = frozenset(("is_tracked", "allow_backorder"))


@pytest.mark.parametrize(
    ("quantity", "stock", "is_told"),
    [
        ("3", StockData(3, kept=KEPT), True),
        ("-1", StockData(0, kept=KEPT), True),
        ("few", StockData(0, kept=KEPT), False),
        ("", StockData(0, is_tracked=False, kept=KEPT), False),
    ],
)
def test_what_has_a_quantity_is_counted_unless_a_column_says_otherwise(
    tmp_path: Path, quantity: str, stock: StockData, is_told: bool
) -> None:
    file = text_file(tmp_path, f"Handle,Title,Variant Price,Variant Inventory Qty\nmug,Mug,12,{quantity}\n")

    variant = only(next(file.read()))

    assert (variant.stock, "stock" not in variant.kept) == (stock, is_told)
    assert "No column says what is counted" in file.notes[0].advice


@pytest.mark.parametrize(
    ("columns", "cells", "status"),
    [
        ("Vendor", "Fogline", (None, None)),
        ("Gift Card", "FALSE", (None, None)),
        ("Gift Card", "TRUE", ("draft", None)),
        ("Status", "draft", ("draft", "active")),
        ("Published", "TRUE", ("active", "active")),
    ],
)
def test_status_is_told_where_a_column_says_so(
    tmp_path: Path, columns: str, cells: str, status: tuple[str | None, str | None]
) -> None:
    (product,) = text_file(tmp_path, f"Handle,Title,Variant Price,{columns}\nmug,Mug,9,{cells}\n").read()

    found = tuple(None if "status" in one.kept else one.status for one in (data(product), only(product)))
    assert found == status


@pytest.mark.parametrize(
    ("columns", "cells", "code"),
    [
        ("Variant Taxable", ["TRUE", "TRUE"], None),
        ("Variant Taxable", ["FALSE", "FALSE"], "exempt"),
        ("Variant Taxable", ["TRUE", "FALSE"], None),
        ("Variant Taxable,Variant Tax Code", ["TRUE,", "TRUE,"], ""),
        ("Variant Tax Code", ["books", "books"], "books"),
    ],
)
def test_tax_code_is_told_where_a_column_says_so(
    tmp_path: Path, columns: str, cells: list[str], code: str | None
) -> None:
    rows = "".join(f"mug,Mug,{number},9,{said}\n" for number, said in enumerate(cells))
    content = f"Handle,Title,Option1 Value,Variant Price,{columns}\n{rows}"

    product = data(next(text_file(tmp_path, content).read()))

    assert (None if "tax_code" in product.kept else product.tax_code) == code


@pytest.mark.parametrize(("columns", "cells"), [("Vendor", "Fogline"), ("Variant Compare At Price", "much")])
def test_sale_stays_where_nothing_is_said_of_it(tmp_path: Path, columns: str, cells: str) -> None:
    (product,) = text_file(tmp_path, f"Handle,Title,Variant Price,{columns}\nmug,Mug,9,{cells}\n").read()

    assert {"sale_price_minor", "sale_starts_at", "sale_ends_at"} <= only(product).kept
