"""Shopify's product CSV: one row a variant, further rows for pictures, the product's words on its first row.

Source: Shopify Help Center, "Using CSV files to import and export products".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.text import slugify

from commerce.catalog.models import Product
from commerce.catalog.product_data import MediaData, ProductData, VariantData
from commerce.tax.calculator import EXEMPT
from merchants.imports import shopify_variants
from merchants.imports.cells import flag, web_address, whole_number
from merchants.imports.reading import ReadProduct
from merchants.imports.tables import Row, read_rows
from merchants.imports.text import plain_text

REQUIRED = ("Handle", "Title", "Variant Price")
MAX_DESCRIPTION = 20_000


def read_products(path: Path, *, currency: str) -> Iterator[ReadProduct]:
    """Read a file's products with prices in a merchant's currency. See the package for what this promises.

    The file is read twice, so that a broken end is found before the first product is given out, and so
    that rows of a product that do not follow one another are brought together at the end.
    """
    scattered = _scattered_handles(path)
    return _products(path, scattered, currency)


def _scattered_handles(path: Path) -> frozenset[str]:
    """Return the handles whose rows other products' rows interrupt."""
    ended: set[str] = set()
    scattered: set[str] = set()
    current = ""
    for row in read_rows(path, required=REQUIRED):
        handle = row.text("Handle")
        if handle == current:
            continue
        if handle in ended:
            scattered.add(handle)
        ended.add(current)
        current = handle
    return frozenset(scattered - {""})


def _products(path: Path, scattered: frozenset[str], currency: str) -> Iterator[ReadProduct]:
    skus: dict[str, int] = {}
    for rows in _groups(path, scattered):
        if handle := rows[0].text("Handle"):
            yield _product(handle, rows, currency, skus)
        else:
            rows[0].report("Handle", "Give the row its product's handle; it was left out.")
            yield ReadProduct(rows[0].number, "", None, tuple(rows[0].problems))


def _groups(path: Path, scattered: frozenset[str]) -> Iterator[list[Row]]:
    """Yield the rows of each product; those of scattered products last, rows without a handle alone."""
    held: dict[str, list[Row]] = {}
    group: list[Row] = []
    for row in read_rows(path, required=REQUIRED):
        handle = row.text("Handle")
        if group and (not handle or handle != group[0].text("Handle")):
            yield group
            group = []
        if handle in scattered:
            held.setdefault(handle, []).append(row)
        else:
            group.append(row)
    if group:
        yield group
    yield from held.values()


def _product(handle: str, rows: Sequence[Row], currency: str, skus: dict[str, int]) -> ReadProduct:
    first = rows[0]
    read = shopify_variants.read_variants(rows, currency=currency, skus=skus)
    media = _media(rows, read.variants)
    data = ProductData(
        handle=_handle(first, handle),
        title=_title(first, handle),
        description=_description(first),
        brand=first.text("Vendor", 100),
        category=_category(first),
        tags=_tags(first),
        option_names=read.option_names,
        tax_code=_tax_code(read.rows),
        status=_status(first),
        media=tuple(media),
        variants=read.variants,
        kept_options=read.kept_options,
    )
    return ReadProduct(
        first.number,
        handle,
        data if read.variants else None,
        tuple(problem for row in rows for problem in row.problems),
        tuple(row.number for row in read.rows),
    )


def _handle(row: Row, text: str) -> str:
    """Return a handle of ASCII letters, digits and dashes: Shopify's as it is, or one made from it."""
    slug = slugify(text)[:240]
    if slug == text:
        return slug
    made = f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:8]}".strip("-")
    row.report("Handle", f"Handles have small Latin letters, digits and dashes here; it became {made}.")
    return made


def _title(row: Row, handle: str) -> str:
    if title := row.text("Title"):
        return title
    row.report("Title", "Give the product a title; until then it is called after its handle.")
    return handle.replace("-", " ").strip().capitalize()[:255] or handle[:255]


def _description(row: Row) -> str:
    text = plain_text(row.raw("Body (HTML)"))
    if len(text) > MAX_DESCRIPTION:
        row.report("Body (HTML)", f"Shorten it to {MAX_DESCRIPTION} characters; the rest was cut off.")
    return text[:MAX_DESCRIPTION]


def _category(row: Row) -> str:
    columns = ("Product Category", "Google Shopping / Google Product Category", "Type")
    return next((text for column in columns if (text := row.text(column))), "")


def _tags(row: Row) -> tuple[str, ...]:
    tags = (tag.strip()[:100] for tag in row.text("Tags", 10_000).split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _status(row: Row) -> str:
    """Say whether the product is for sale: active and published, and no gift card."""
    status = row.text("Status").casefold()
    if flag(row, "Gift Card", default=False):
        row.report("Gift Card", "Gift cards cannot be sold here; the product is a draft.")
        return Product.Status.DRAFT
    if status == "archived":
        return Product.Status.ARCHIVED
    if status not in ("", "active", "draft"):
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
            row.report(
                column, f"One product, one tax code: all are taxed as '{chosen or 'standard'}'. Split the product."
            )
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
