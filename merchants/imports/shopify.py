"""Shopify's product CSV: one row a variant, further rows for pictures, the product's words on its first row.

Columns have their names of before 2025 here; files have those or the new ones. A column that is missing leaves
what is there, a cell that is blank empties it. Source: Shopify Help Center, "Using CSV files to import and
export products".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from commerce.catalog.models import Product
from commerce.catalog.product_data import PRODUCT_COLUMNS, MediaData, ProductData, VariantData
from commerce.tax.calculator import EXEMPT
from merchants.imports import shopify_variants
from merchants.imports.cells import Told, flag, one_of, text, web_address, whole_number
from merchants.imports.format import Column, Format, Reader
from merchants.imports.reading import Problem, ReadProduct, Severity
from merchants.imports.tables import Row
from merchants.imports.text import plain_text
from merchants.imports.wording import handle_of, long_text, split_words, title_or_handle

_CATEGORIES = ("Product Category", "Google Shopping / Google Product Category", "Type")
_FIELDS = frozenset((*PRODUCT_COLUMNS, "media"))


class ShopifyReader(Reader):
    def key(self, row: Row) -> str:
        return row.text("Handle")

    def sku(self, row: Row) -> str:
        return row.raw("Variant SKU").strip().lstrip("'")

    def notes(self) -> tuple[Problem, ...]:
        """Say what becomes of what full exports tell and this file does not."""
        return tuple(Problem(1, "", "", advice, Severity.NOTICE) for advice in self._left_unsaid())

    def _left_unsaid(self) -> Iterable[str]:
        if self.header.has("Variant Inventory Qty") and not self.header.has("Variant Inventory Tracker"):
            yield "No column says what is counted: what is new is where it has a quantity, else it never runs out."
        if self.header.has("Variant Taxable") and not self.header.has("Variant Tax Code"):
            yield "No column has tax codes: what is charged tax keeps the code that it has here, even exempt."

    def read(self, rows: Sequence[Row]) -> ReadProduct:
        first = rows[0]
        handle = self.key(first)
        if not handle:
            first.report("Handle", "Give the row its product's handle; it was left out.", Severity.ERROR)
            return ReadProduct(first.number, "", None)
        read = shopify_variants.read_variants(rows, currency=self.locale.currency, first_rows=self.first_rows)
        return ReadProduct(
            first.number,
            handle,
            self._data(handle, rows, read) if read.variants else None,
            variant_rows=tuple(row.number for row in read.rows),
        )

    def _data(self, handle: str, rows: Sequence[Row], read: shopify_variants.ReadVariants) -> ProductData:
        first = rows[0]
        told = Told(first)
        title = title_or_handle(first, "Title", handle)
        told.values |= {"option_names": read.option_names} | ({} if first.is_blank("Title") else {"title": title})
        told.take("description", "Body (HTML)", _description, blank="")
        told.take("brand", "Vendor", text(100), blank="")
        told.take("tags", "Tags", split_words, blank=())
        if any(first.has(column) for column in _CATEGORIES):
            told.values["category"] = next((said for name in _CATEGORIES if (said := first.text(name))), "")
        if any(first.has(column) for column in ("Variant Taxable", "Variant Tax Code")):
            code = _tax_code(read.rows)
            if code == EXEMPT or first.has("Variant Tax Code"):
                told.values["tax_code"] = code
        if (status := _status(first)) is not None:
            told.values["status"] = status
        _tell_facts(told)
        if any(first.has(column) for column in ("Image Src", "Variant Image")):
            told.values["media"] = tuple(_media(rows, read.variants))
        return ProductData(
            handle=handle_of(first, "Handle", handle),
            variants=read.variants,
            kept_options=read.kept_options,
            kept=told.kept(_FIELDS),
            **({"title": title} | told.values),
        )


def _tell_facts(told: Told) -> None:
    """Read what shopping feeds ask for beyond what a shop shows."""
    for field, name, known in (
        ("condition", "Condition", Product.Condition),
        ("gender", "Gender", Product.Gender),
        ("age_group", "Age Group", Product.AgeGroup),
    ):
        told.take(field, f"Google Shopping / {name}", partial(one_of, choices=known.values), blank="")
    told.take("has_no_identifier", "Google Shopping / Custom Product", flag, blank=False)


def _description(row: Row, column: str) -> str:
    return long_text(row, column, plain_text(row.raw(column)))


def _status(row: Row) -> str | None:
    """Say whether the product is for sale: active and published, and no gift card. None where no column says."""
    if flag(row, "Gift Card", default=False):
        row.report("Gift Card", "Leave it a draft: gift cards cannot be sold here.")
        return Product.Status.DRAFT
    if not shopify_variants.says_what_is_sold(row):
        return None
    status = row.text("Status").casefold()
    if status == "archived":
        return Product.Status.ARCHIVED
    if status not in ("", "active", "draft", "unlisted"):
        row.report("Status", "Write active, draft or archived; the product is a draft.")
    is_for_sale = status in ("", "active") and flag(row, "Published", default=True)
    return Product.Status.ACTIVE if is_for_sale else Product.Status.DRAFT


def _tax_code(rows: Iterable[Row]) -> str:
    """Return the one tax code that our products have, from what Shopify says variant by variant."""
    codes = {row.number: _variant_tax_code(row) for row in rows}
    chosen = next(iter(codes.values()), "")
    for row in rows:
        if codes[row.number] != chosen:
            column = "Variant Tax Code" if row.text("Variant Tax Code") else "Variant Taxable"
            taxed = f"as '{chosen or 'standard'}'" if chosen or row.has("Variant Tax Code") else "as before"
            row.report(column, f"One product, one tax code: all are taxed {taxed}. Split the product.")
    return chosen


def _variant_tax_code(row: Row) -> str:
    if not flag(row, "Variant Taxable", default=True):
        return EXEMPT
    return row.text("Variant Tax Code", 50)


@dataclass(frozen=True, slots=True)
class _Picture:
    place: tuple[int, int]
    media: MediaData


def _media(rows: Sequence[Row], variants: Iterable[VariantData]) -> list[MediaData]:
    """Return the product's pictures in their order, those of variants that are named nowhere else last."""
    pictures: dict[str, _Picture] = {}
    for row in rows:
        if url := web_address(row, "Image Src"):
            place = whole_number(row, "Image Position") or 10_000
            picture = _Picture((place, row.number), MediaData(url, row.text("Image Alt Text")))
            pictures.setdefault(url, picture)
    ordered = [picture.media for picture in sorted(pictures.values(), key=lambda one: one.place)]
    others = dict.fromkeys(url for one in variants for url in one.image_urls if url not in pictures)
    return [*ordered, *(MediaData(url) for url in others)]


FORMAT = Format(
    code="shopify",
    name="Shopify product CSV",
    reader=ShopifyReader,
    columns=(
        Column("Handle", "what the product is known by", ("Handle", "URL handle"), is_required=True),
        Column("Title", "title", is_required=True, is_text=True),
        Column("Body (HTML)", "description", ("Body (HTML)", "Body HTML", "Description"), is_text=True),
        Column("Vendor", "brand", is_text=True),
        Column("Product Category", "category", ("Product Category", "Standard Product Type"), is_text=True),
        Column("Type", "category, where there is no other", ("Type", "Custom Product Type"), is_text=True),
        Column("Google Shopping / Google Product Category", "category, where there is no other", is_text=True),
        Column("Tags", "tags", is_text=True),
        Column("Published", "draft or active", ("Published", "Published on online store")),
        Column("Status", "draft, active or archived"),
        Column("Gift Card", "a draft, for gift cards cannot be sold"),
        *(
            column
            for number in (1, 2, 3)
            for column in (
                Column(f"Option{number} Name", "name of an option", is_text=True),
                Column(f"Option{number} Value", "value of an option", is_text=True),
            )
        ),
        Column("Variant SKU", "SKU", ("Variant SKU", "SKU")),
        Column("Variant Barcode", "GTIN", ("Variant Barcode", "Barcode", "Barcodes", "Variant Barcodes")),
        Column("Variant Price", "price", ("Variant Price", "Price"), is_required=True),
        Column(
            "Variant Compare At Price", "regular price of a sale", ("Variant Compare At Price", "Compare-at price")
        ),
        Column("Variant Grams", "weight", ("Variant Grams", "Weight value (grams)")),
        Column(
            "Variant Inventory Tracker",
            "whether stock is counted",
            ("Variant Inventory Tracker", "Inventory tracker"),
        ),
        Column("Variant Inventory Qty", "stock", ("Variant Inventory Qty", "Inventory quantity")),
        Column(
            "Variant Inventory Policy",
            "whether it sells below zero",
            ("Variant Inventory Policy", "Continue selling when out of stock"),
        ),
        Column("Variant Requires Shipping", "digital or not", ("Variant Requires Shipping", "Requires shipping")),
        Column("Variant Taxable", "tax code", ("Variant Taxable", "Charge tax")),
        Column("Variant Tax Code", "tax code", ("Variant Tax Code", "Tax code")),
        Column(
            "Google Shopping / MPN",
            "MPN",
            ("Google Shopping / MPN", "Google Shopping / Manufacturer part number (MPN)"),
        ),
        Column("Google Shopping / Condition", "new, refurbished or used"),
        Column("Google Shopping / Gender", "whom it is made for"),
        Column("Google Shopping / Age Group", "whom it is made for"),
        Column("Google Shopping / Custom Product", "whether it has neither GTIN nor part number"),
        Column("Image Src", "pictures", ("Image Src", "Product image URL")),
        Column("Image Position", "order of the pictures"),
        Column("Image Alt Text", "what a picture shows", is_text=True),
        Column("Variant Image", "picture of the variant", ("Variant Image", "Variant image URL")),
    ),
    unused=re.compile(
        r"seo (title|description)|google shopping / .*|.*\(product\.metafields\..*\)|cost per item"
        r"|(variant )?(fulfillment service|weight unit( for display)?)|unit price .*|option\d linked to"
        r"|(included|price|compare-at price) / .*|collection|published scope|template suffix"
    ),
)
