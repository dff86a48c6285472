from __future__ import annotations

import csv
from pathlib import Path

import pytest

from commerce.catalog.models import Product, Variant
from commerce.inventory.models import StockItem
from merchants.imports.product_files import read_products
from merchants.imports.services import import_products
from tests.factories import MerchantFactory
from tests.merchants.imports.files import first, further, read, write

pytestmark = pytest.mark.django_db

SHOPIFY_EXPORTS = Path(__file__).parents[4] / "shared" / "catalogs"


def test_good_rows_go_in_and_bad_ones_are_told(tmp_path: Path) -> None:
    merchant = MerchantFactory.create()
    products = read(
        tmp_path,
        first(Option1_Name="Color", Option1_Value="Red"),
        further(Option1_Value="Blue", Variant_Price="blue"),
        {"Title": "Stray"},
        first(Handle="pan", Title="Pan", Variant_Price=""),
        first(Handle="pot", Title="Pot", Variant_Barcode="123"),
    )

    summary = import_products(merchant, products)

    assert (summary.products_created, summary.products_skipped, summary.variants_created) == (2, 2, 2)
    assert sorted(Product.objects.values_list("handle", flat=True)) == ["camp-mug", "pot"]
    assert [problem.row for problem in summary.problems] == [3, 4, 5, 6]


def test_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    merchant = MerchantFactory.create()
    path = write(tmp_path, first(Option1_Name="Color", Option1_Value="Red"), further(Option1_Value="Blue"))
    import_products(merchant, read_products(path, currency="usd"))
    before = list(Variant.objects.order_by("pk").values())

    summary = import_products(merchant, read_products(path, currency="usd"))

    assert (summary.products_unchanged, summary.variants_unchanged) == (1, 2)
    assert (summary.products, summary.variants, summary.stock_created, summary.stock_updated) == (1, 2, 0, 0)
    assert list(Variant.objects.order_by("pk").values()) == before


def test_price_that_cannot_be_read_leaves_the_variant(tmp_path: Path) -> None:
    merchant = MerchantFactory.create()
    red = first(Option1_Name="Color", Option1_Value="Red")
    import_products(merchant, read(tmp_path, red, further(Option1_Value="Blue")))

    summary = import_products(merchant, read(tmp_path, red, further(Option1_Value="Blue", Variant_Price="x")))

    assert summary.variants_deactivated == 0
    blue = Variant.objects.get(option_values=["Blue"])
    assert (blue.status, blue.price_minor) == ("active", 1200)


def test_refused_product_costs_only_itself(tmp_path: Path) -> None:
    merchant = MerchantFactory.create()
    rows = [
        first(Option1_Name="Color", Option1_Value="Red"),
        further(Option1_Value="Blue"),
        first(Handle="pan", Title="Pan"),
    ]
    import_products(merchant, read(tmp_path, *rows))
    StockItem.objects.filter(variant__option_values=["Blue"]).update(reserved=5)
    rows[1]["Variant Inventory Qty"], rows[1]["Variant Inventory Tracker"] = "4", "shopify"
    rows[2]["Variant Inventory Qty"] = "9"

    summary = import_products(merchant, read(tmp_path, *rows), is_recounted=True)

    assert (summary.products_skipped, summary.stock_updated) == (1, 1)
    (problem,) = summary.problems
    assert (problem.row, problem.value) == (3, "camp-mug")
    assert problem.advice == (
        "4 on hand is fewer than the 5 held for buyers right now. The product was left as it was."
    )


@pytest.mark.skipif(not SHOPIFY_EXPORTS.exists(), reason="real exports are not at hand")
@pytest.mark.parametrize("name", ["shopify_apparel.csv", "shopify_jewelery.csv"])
def test_no_row_of_a_real_export_is_lost(name: str) -> None:
    merchant = MerchantFactory.create()
    path = SHOPIFY_EXPORTS / name
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    summary = import_products(merchant, read_products(path, currency="usd"))

    assert summary.problems == ()
    assert Product.objects.count() == summary.products_created == len({row["Handle"] for row in rows})
    priced = [row for row in rows if row["Variant Price"]]
    assert Variant.objects.count() == summary.variants_created == len(priced)
    paid = sorted(variant.sale_price_minor or variant.price_minor for variant in Variant.objects.all())
    assert paid == sorted(round(float(row["Variant Price"]) * 100) for row in priced)


def test_what_the_file_does_not_tell_stays(tmp_path: Path) -> None:
    merchant = MerchantFactory.create()
    import_products(merchant, read(tmp_path, first() | {"Google Shopping / Gender": "unisex"}))
    Product.objects.update(condition="used", material="tin", is_checkout_enabled=False, has_no_identifier=True)

    summary = import_products(merchant, read(tmp_path, first(Title="Camp Mug II")))

    product = Product.objects.get()
    assert (summary.products_updated, product.title, product.is_checkout_enabled) == (1, "Camp Mug II", False)
    assert (product.condition, product.gender, product.material) == ("used", "unisex", "tin")
    assert product.has_no_identifier
