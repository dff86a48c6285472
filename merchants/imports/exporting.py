"""A shop's catalog as our own CSV. What is written here and read back changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from commerce.accounts.models import Merchant
from commerce.catalog.models import Media, Product, Variant
from commerce.money import decimal_text
from merchants.imports.own import PRODUCT_CELLS, VARIANT_CELLS
from merchants.imports.own_cells import as_cell, join_list

BATCH = 200

_COLUMNS = tuple(column.name for column in (*PRODUCT_CELLS, *VARIANT_CELLS))
_PLAIN = (
    "title",
    "description",
    "brand",
    "category",
    "status",
    "tax_code",
    "url",
    "condition",
    "gender",
    "age_group",
    "material",
)
_NUMBERS = ("weight_grams", "length_mm", "width_mm", "height_mm", "max_quantity_per_order")


def export_products(merchant: Merchant) -> Iterator[str]:
    """Yield the lines of a CSV file with all products of a merchant, whatever their status.

    Begins with a byte order mark, by which spreadsheets know UTF-8. Reads a few products at a time.
    """
    yield "\ufeff" + _line(_COLUMNS)
    last = ""
    while products := list(_products(merchant, after=last)):
        for product in products:
            yield from (_line(row.get(column, "") for column in _COLUMNS) for row in _rows(product, merchant))
        last = products[-1].handle


def template(currency: str) -> str:
    """Return a file to begin with: the columns, and a product of two variants to write over."""
    shared = {"handle": "camp-mug", "price": decimal_text(1500, currency), "currency": currency.upper()}
    first = shared | _SAMPLE | {"option_values": "Red | 300 ml", "sku": "MUG-RED-300", "on_hand": "25"}
    second = shared | {"option_values": "Blue | 300 ml", "sku": "MUG-BLUE-300", "on_hand": "40"}
    rows = (_line(row.get(column, "") for column in _COLUMNS) for row in (first, second))
    return "\ufeff" + _line(_COLUMNS) + "".join(rows)


_SAMPLE = {
    "title": "Camp Mug",
    "description": "An enamel mug for the camp fire.\nDishwasher safe.",
    "brand": "Fogline",
    "category": "Kitchen > Mugs",
    "tags": "camping | mugs",
    "status": "draft",
    "option_names": "Color | Size",
    "weight_grams": "180",
}


def _products(merchant: Merchant, *, after: str) -> Iterable[Product]:
    rows = Product.objects.filter(merchant=merchant, handle__gt=after).order_by("handle")
    return rows.prefetch_related("media", "variants__stock")[:BATCH]


def _rows(product: Product, merchant: Merchant) -> Iterator[dict[str, str]]:
    media = sorted(product.media.all(), key=lambda one: (one.position, one.pk))
    variants = sorted(product.variants.all(), key=lambda one: (one.position, one.pk))
    told = _product_cells(product, media)
    for variant in variants:
        yield told | {"handle": product.handle} | _variant_cells(variant, media, merchant.currency)
        told = {}
    if not variants:
        yield told


def _product_cells(product: Product, media: list[Media]) -> dict[str, str]:
    cells = {name: as_cell(getattr(product, name)) for name in _PLAIN}
    return cells | {
        "handle": product.handle,
        "is_checkout_enabled": _flag(product.is_checkout_enabled),
        "has_no_identifier": _flag(product.has_no_identifier),
        "tags": as_cell(join_list(product.tags)),
        "option_names": as_cell(join_list(product.option_names)),
        "images": " ".join(one.url for one in media),
        "image_texts": as_cell(join_list(one.alt for one in media)) if any(one.alt for one in media) else "",
    }


def _variant_cells(variant: Variant, media: list[Media], currency: str) -> dict[str, str]:
    cells = {
        "option_values": as_cell(join_list(variant.option_values)),
        "variant_title": as_cell(variant.title),
        "variant_status": variant.status,
        "sku": as_cell(variant.sku),
        "gtin": variant.gtin,
        "mpn": as_cell(variant.mpn),
        "price": decimal_text(variant.price_minor, currency),
        "currency": currency.upper(),
        "sale_price": _amount(variant.sale_price_minor, currency),
        "sale_starts_at": _moment(variant.sale_starts_at),
        "sale_ends_at": _moment(variant.sale_ends_at),
        "backorders_ship_on": variant.backorders_ship_on.isoformat() if variant.backorders_ship_on else "",
        "is_digital": _flag(variant.is_digital),
        "download_url": variant.download_url,
        "variant_images": " ".join(one.url for one in media if one.variant_id == variant.pk),
    }
    cells |= {name: _number(getattr(variant, name)) for name in _NUMBERS}
    if stock := getattr(variant, "stock", None):
        cells |= {
            "on_hand": str(stock.on_hand),
            "is_tracked": _flag(stock.is_tracked),
            "allow_backorder": _flag(stock.allow_backorder),
        }
    return cells


def _amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else decimal_text(minor, currency)


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


def _flag(is_set: bool) -> str:
    return "TRUE" if is_set else "FALSE"


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
