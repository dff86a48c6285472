"""Our own CSV: read as documented, and what is exported in it is read back unchanged."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.accounts.models import Merchant
from commerce.catalog.models import Media, Product, Variant
from commerce.catalog.product_data import MediaData, StockData
from commerce.inventory.models import StockItem
from commerce.inventory.stocking import upsert_stocked_product
from merchants.imports.exporting import export_products, template
from merchants.imports.formats import FORMATS
from merchants.imports.own import FORMAT
from merchants.imports.own_cells import as_cell, from_cell, join_list, split_list
from merchants.imports.product_files import open_products, read_products
from merchants.imports.reading import ShopLocale
from merchants.imports.services import import_products
from tests.catalog.samples import NAVY, shop, tote, variant
from tests.factories import MerchantFactory, ProductFactory, VariantFactory
from tests.merchants.imports.files_as_read import by_handle, data, only, sample, text_file, told


def exported(folder: Path, merchant: Merchant) -> Path:
    path = folder / "export.csv"
    path.write_text("".join(export_products(merchant)), encoding="utf-8", newline="")
    return path


def world() -> list[object]:
    return [list(model._default_manager.order_by("pk").values()) for model in (Product, Variant, Media, StockItem)]


def test_everything_is_read() -> None:
    mug = data(by_handle(sample("own.csv"))["camp-mug"])

    assert (mug.title, mug.description) == ("=Camp Mug", "An enamel mug.\nFor the camp fire.")
    assert (mug.brand, mug.category, mug.tags) == ("Fogline", "Kitchen > Mugs", ("camping", "mugs", "a|b"))
    assert (mug.status, mug.tax_code, mug.url) == ("active", "kitchen", "https://shop.example/mug")
    assert mug.media == (MediaData("https://cdn.example/1.jpg", "Front"), MediaData("https://cdn.example/2.jpg"))
    assert (mug.option_names, mug.kept, mug.kept_options) == (
        ("Color", "Size"), frozenset(), frozenset({("Green", "300 ml")}),
    )  # fmt: skip
    assert (mug.condition, mug.gender, mug.age_group, mug.material) == ("used", "unisex", "adult", "tin")
    assert (mug.has_no_identifier, mug.is_checkout_enabled) == (True, False)
    red, blue = mug.variants
    assert (red.option_values, red.sku, red.gtin, red.mpn) == (("Red", "300 ml"), "MUG-R", "4006381333931", "M-1")
    assert (red.price_minor, red.sale_price_minor, red.currency) == (1500, 1200, "usd")
    assert red.sale_starts_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert red.sale_ends_at == datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    assert (red.stock, red.image_urls) == (StockData(25), ("https://cdn.example/2.jpg",))
    assert (red.weight_grams, red.length_mm, red.width_mm, red.height_mm) == (180, 80, 80, 90)
    assert (red.max_quantity_per_order, red.is_digital, red.kept) == (4, False, frozenset())
    assert (blue.title, blue.status, blue.stock) == (
        "The blue one",
        "inactive",
        StockData(-3, allow_backorder=True),
    )
    assert (red.backorders_ship_on, blue.backorders_ship_on) == (None, date(2026, 12, 24))


def test_problems_are_told() -> None:
    products = by_handle(sample("own.csv"))

    assert {handle: told(product.problems) for handle, product in products.items()} == {
        "camp-mug": [("warning", 3, "brand", "Other"), ("error", 4, "price", "dear")],
        "song": [("warning", 5, "sale_price", "2.00"), ("warning", 5, "status", "sold")],
        "box": [("notice", 6, "price", "")],
        "": [("error", 7, "handle", "")],
        "yen": [("error", 8, "currency", "JPY")],
    }
    assert "variants" in data(products["box"]).kept
    assert {"status", "stock"} & (data(products["song"]).kept | only(products["song"]).kept) == {"status", "stock"}


def test_rows_may_be_sorted_in_any_way(tmp_path: Path) -> None:
    content = (
        "handle,title,option_names,option_values,price\n"
        "mug,,,Blue,12\npan,Pan,,,30\nmug,Mug,Color,Red,11\n"
    )  # fmt: skip

    mug = data(by_handle(text_file(tmp_path, content))["mug"])

    assert (mug.title, mug.option_names) == ("Mug", ("Color",))
    assert [(one.option_values, one.price_minor) for one in mug.variants] == [(("Blue",), 1200), (("Red",), 1100)]


@pytest.mark.django_db
def test_prices_alone_can_be_brought(tmp_path: Path) -> None:
    merchant = shop()
    import_products(
        merchant,
        text_file(tmp_path, "handle,title,option_names,option_values,price\nmug,Mug,Color,Red,11\n").read(),
    )

    file = text_file(tmp_path, "handle,option_values,price\nmug,Red,13\n")
    summary = import_products(merchant, file.read())

    assert (summary.variants_updated, summary.variants_created, summary.problems) == (1, 0, ())
    product = Product.objects.get()
    assert (product.title, product.option_names, product.variants.get().price_minor) == ("Mug", ["Color"], 1300)


@pytest.mark.parametrize(
    ("columns", "cells", "stock"),
    [
        ("on_hand", "3", StockData(3, kept=frozenset(("is_tracked", "allow_backorder")))),
        ("allow_backorder", "TRUE", StockData(0, allow_backorder=True, kept=frozenset(("on_hand", "is_tracked")))),
        ("on_hand,is_tracked,allow_backorder", "3,FALSE,", StockData(3, is_tracked=False)),
    ],
)
def test_levels_without_a_column_are_kept(tmp_path: Path, columns: str, cells: str, stock: StockData) -> None:
    (product,) = text_file(tmp_path, f"handle,price,{columns}\nmug,9,{cells}\n").read()

    assert only(product).stock == stock


def test_sale_of_unknown_days_is_left_as_it_was(tmp_path: Path) -> None:
    content = "handle,price,sale_price,sale_ends_at\nmug,9,8,tomorrow\npan,9,,tomorrow\n"

    mug, pan = text_file(tmp_path, content).read()

    assert {"sale_price_minor", "sale_ends_at"} <= only(mug).kept
    assert told(mug.problems) == [("warning", 2, "sale_ends_at", "tomorrow"), ("warning", 2, "sale_price", "8")]
    assert ("sale_price_minor" in only(pan).kept, only(pan).sale_price_minor) == (False, None)


@pytest.mark.parametrize(
    ("quantity", "on_hand"), [("1000", 1000), ("3,0", 3), ("0.500", 0), ("1.000", None), ("1,000", None)]
)
def test_quantity_whose_thousands_may_be_parted_is_not_guessed(
    tmp_path: Path, quantity: str, on_hand: int | None
) -> None:
    (product,) = text_file(tmp_path, f"handle;price;on_hand\nmug;9,50;{quantity}\n").read()

    assert only(product).price_minor == 950
    assert (None if "stock" in only(product).kept else only(product).stock.on_hand) == on_hand


@pytest.mark.django_db
def test_row_that_says_no_options_does_not_replace_the_variants(tmp_path: Path) -> None:
    merchant = shop()
    import_products(
        merchant,
        text_file(tmp_path, "handle,title,option_names,option_values,price\nmug,Mug,Color,Red,11\n").read(),
    )

    summary = import_products(merchant, text_file(tmp_path, "handle,price\nmug,13\n").read())

    assert (summary.products_skipped, summary.problems[0].severity) == (1, "error")
    assert Variant.objects.get().price_minor == 1100


@pytest.mark.django_db
def test_export_and_import_change_nothing(tmp_path: Path) -> None:
    merchant = shop()
    sample_rows = sample("own.csv").read()
    import_products(merchant, sample_rows)
    other = tote(
        variant("Natural", "=1+1", sku="'=cmd", download_url="https://files.example/x", is_digital=True),
        variant("A | B", "back\\slash", image_urls=(NAVY,), title="-named-", stock=StockData(-1, allow_backorder=True)),
        option_names=("Color|s", "Size"),
        title="'tis a “tote”; ünïcödé\t=",
        description="+first\r\n\r\n  - indented\r\nlast\u202e",
        tags=("=a", "b, c", "d|e"),
    )  # fmt: skip
    upsert_stocked_product(merchant, other)
    Variant.objects.filter(option_values=["A | B", "back\\slash"]).update(position=9, status="inactive")
    Media.objects.filter(url=NAVY).update(position=7)
    bare = VariantFactory.create(
        merchant=merchant, product=ProductFactory.create(merchant=merchant), option_values=[]
    )
    StockItem.objects.filter(pk=bare.pk).delete()
    ProductFactory.create(merchant=merchant, handle="without-variants")
    before = world()

    file = open_products(exported(tmp_path, merchant), locale=ShopLocale("usd"))
    summary = import_products(merchant, file.read(), is_recounted=True)

    assert world() == before
    assert (summary.products_updated, summary.products_created, summary.products_skipped) == (0, 0, 0)
    assert (summary.variants_updated, summary.stock_created, summary.stock_updated) == (0, 0, 0)
    assert summary.products_unchanged == Product.objects.count()
    assert {problem.severity for problem in summary.problems} <= {"notice", "suspicious"}


@pytest.mark.django_db
def test_export_brings_a_whole_shop_to_another(tmp_path: Path) -> None:
    here, there = shop(), shop()
    import_products(here, sample("own.csv").read())

    import_products(there, read_products(exported(tmp_path, here), currency="usd"))

    assert "".join(export_products(there)) == "".join(export_products(here))


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["jpy", "kwd", "usd"])
def test_template_is_a_file_that_goes_in(tmp_path: Path, currency: str) -> None:
    merchant = MerchantFactory.create(currency=currency)
    path = tmp_path / "template.csv"
    path.write_text(template(currency), encoding="utf-8", newline="")

    summary = import_products(merchant, read_products(path, currency=currency))

    assert (summary.products_created, summary.variants_created, summary.problems) == (1, 2, ())


@pytest.mark.django_db
def test_export_of_many_products_is_whole(tmp_path: Path) -> None:
    merchant = shop()
    for number in range(405):
        VariantFactory.create(
            merchant=merchant, product=ProductFactory.create(merchant=merchant, handle=f"p-{number}")
        )
    VariantFactory.create()

    lines = StringIO("".join(export_products(merchant))).readlines()

    assert len(lines) == 406
    assert len({line.partition(",")[0] for line in lines}) == 406


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40).map(str.strip).filter(bool)


@given(words)
def test_any_text_comes_back(text: str) -> None:
    assert from_cell(as_cell(text)) == text


@given(words)
def test_no_cell_is_a_formula(text: str) -> None:
    assert not as_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(words, max_size=5))
def test_any_list_comes_back(values: list[str]) -> None:
    assert split_list(from_cell(as_cell(join_list(values)))) == tuple(values)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30).map(str.strip)
names = texts.filter(bool)


@pytest.mark.django_db(transaction=True)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(title=names, description=texts, brand=texts, tags=st.lists(names, max_size=3), values=st.lists(names, min_size=1, max_size=3, unique=True), price=st.integers(0, 10**12))  # fmt: skip
def test_any_product_comes_back(
    tmp_path: Path, title: str, description: str, brand: str, tags: list[str], values: list[str], price: int
) -> None:
    merchant = shop()
    product = ProductFactory.create(
        merchant=merchant, title=title, description=description, brand=brand, tags=tags, option_names=[values[0]]
    )
    for value in values:
        VariantFactory.create(
            merchant=merchant, product=product, option_values=[value], price_minor=price, sku=value
        )

    summary = import_products(merchant, read_products(exported(tmp_path, merchant), currency="usd"))

    assert (summary.products_unchanged, summary.variants_unchanged) == (1, len(values))
    said = {problem.severity for problem in summary.problems} - {"suspicious"}
    assert said == ({"notice"} if price == 0 else set())  # that it is sold for nothing


def test_every_column_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "imports.md").read_text()

    for column in FORMAT.columns:
        assert f"| `{column.name}` | " in text
    for kind in FORMATS.values():
        assert f"| {kind.name} |" in text
