"""Small Shopify files, a row a dictionary of the cells that matter."""

from __future__ import annotations

import csv
from pathlib import Path

from merchants.imports.product_files import read_products
from merchants.imports.reading import ReadProduct

COLUMNS = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "Google Shopping / Google Product Category",
    "Google Shopping / MPN",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Status",
]
FACTS = [f"Google Shopping / {name}" for name in ("Condition", "Gender", "Age Group", "Custom Product")]
"""Columns that a file has where some row names them."""

Cells = dict[str, str]


def first(**cells: str) -> Cells:
    """A product's first row: a mug for 12.00, with the cells named like `Variant_SKU` changed."""
    row = {
        "Handle": "camp-mug",
        "Title": "Camp Mug",
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "5",
        "Variant Inventory Policy": "deny",
        "Variant Price": "12.00",
    }
    return row | named(cells)


def further(**cells: str) -> Cells:
    """A further variant's row of the same product."""
    row = {"Handle": "camp-mug", "Variant Price": "12.00", "Variant Inventory Qty": "5"}
    return row | named(cells)


def named(cells: Cells) -> Cells:
    return {name.replace("_", " "): text for name, text in cells.items()}


def write(folder: Path, *rows: Cells, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    path = folder / "products.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        columns = [*COLUMNS, *(name for name in FACTS if any(name in row for row in rows))]
        writer = csv.DictWriter(file, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(folder: Path, *rows: Cells, currency: str = "usd") -> list[ReadProduct]:
    return list(read_products(write(folder, *rows), currency=currency))
