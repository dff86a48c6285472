"""Our own product CSV: all we know of a product, one row a variant. What is exported in it is read back unchanged.

Rows with the same handle are one product. What belongs to the product need only stand on one of its rows. A column
that is missing leaves what is there, a cell that is blank empties it; stock is only touched where it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from commerce.catalog.models import Product, Variant
from commerce.catalog.product_data import (
    PRODUCT_COLUMNS,
    VARIANT_COLUMNS,
    MediaData,
    ProductData,
    StockData,
    VariantData,
)
from merchants.imports.cells import (
    Told,
    day,
    flag,
    gtin,
    keep_sale_of_unknown_days,
    moment,
    needed_price,
    one_of,
    price,
    tell_sale_price,
    web_address_in,
    whole_number,
)
from merchants.imports.format import Column, Format, Reader
from merchants.imports.options import Options, report_repeated_sku, told_apart
from merchants.imports.own_cells import from_cell, split_list
from merchants.imports.reading import ReadProduct, Severity
from merchants.imports.tables import Row
from merchants.imports.wording import handle_of, title_or_handle

MAX_DESCRIPTION = 500_000

_PRODUCT_FIELDS = frozenset((*PRODUCT_COLUMNS, "media"))
_VARIANT_FIELDS = frozenset((*VARIANT_COLUMNS, "image_urls", "stock")) - {"price_minor", "currency"}

PRODUCT_CELLS = (
    Column("handle", "what the product is known by: small letters, digits, dashes", is_required=True),
    Column("title", "title", is_text=True),
    Column("description", "plain text, may have several lines", is_text=True),
    Column("brand", "brand", is_text=True),
    Column("category", "category, such as Bags > Totes", is_text=True),
    Column("tags", "list, parted by |", is_text=True),
    Column("status", "active, draft or archived"),
    Column("tax_code", "code of a tax rate; exempt is never taxed"),
    Column("url", "the product's page"),
    Column("is_checkout_enabled", "TRUE or FALSE: whether agents sell it, or only show it"),
    Column("condition", "new, refurbished or used"),
    Column("gender", "female, male or unisex"),
    Column("age_group", "newborn, infant, toddler, kids or adult"),
    Column("material", "such as cotton, where it is no option", is_text=True),
    Column("has_no_identifier", "TRUE where nobody ever gave it a GTIN or part number"),
    Column("images", "addresses of pictures in their order, parted by spaces"),
    Column("image_texts", "what the pictures show, in the same order, parted by |", is_text=True),
    Column("option_names", "list such as Color | Size", is_text=True),
)
VARIANT_CELLS = (
    Column("option_values", "list such as Blue | M", is_text=True),
    Column("variant_title", "where it is not the options", is_text=True),
    Column("variant_status", "active or inactive"),
    Column("sku", "SKU"),
    Column("gtin", "EAN, UPC or ISBN-13"),
    Column("mpn", "the maker's part number"),
    Column("price", "regular price, such as 19.99", is_required=True),
    Column("currency", "the shop's, such as USD"),
    Column("sale_price", "below the regular price"),
    Column("sale_starts_at", "time such as 2026-11-24T09:00-05:00"),
    Column("sale_ends_at", "time; a date is the end of that day"),
    Column("on_hand", "stock, for new variants or a recount"),
    Column("is_tracked", "TRUE or FALSE: whether stock is counted"),
    Column("allow_backorder", "TRUE or FALSE: whether it sells below zero"),
    Column("backorders_ship_on", "day such as 2026-11-24, on which what is sold below zero leaves"),
    Column("is_digital", "TRUE or FALSE"),
    Column("download_url", "where a digital product is fetched"),
    Column("weight_grams", "whole number"),
    Column("length_mm", "whole number"),
    Column("width_mm", "whole number"),
    Column("height_mm", "whole number"),
    Column("max_quantity_per_order", "whole number; blank for any"),
    Column("variant_images", "those of the images that show this variant, parted by spaces"),
)


class OwnReader(Reader):
    def key(self, row: Row) -> str:
        return from_cell(row.raw("handle"))

    def sku(self, row: Row) -> str:
        return from_cell(row.raw("sku"))

    def read(self, rows: Sequence[Row]) -> ReadProduct:
        first = rows[0]
        handle = self.key(first)
        if not handle:
            first.report("handle", "Give the row its product's handle; it was left out.", Severity.ERROR)
            return ReadProduct(first.number, "", None)
        spokesman = _spokesman(rows)
        variant_rows = [row for row in rows if _is_variant(row)]
        names = _option_names(spokesman, variant_rows)
        found = told_apart(
            [(row, _options(row, names)) for row in variant_rows],
            column="option_values",
            cells=[column.name for column in VARIANT_CELLS],
        )
        read = [(row, options, self._variant(row, options)) for row, options in found]
        variants = tuple(variant for _, _, variant in read if variant)
        data = self._data(handle, spokesman, variants) if variants or not read else None
        if data is not None:
            kept_options = frozenset(options for _, options, variant in read if not variant)
            kept = data.kept if read else data.kept | {"variants"}
            data = replace(data, option_names=names, kept_options=kept_options, kept=kept)
        return ReadProduct(
            first.number, handle, data, variant_rows=tuple(row.number for row, _, variant in read if variant)
        )

    def _data(self, handle: str, row: Row, variants: tuple[VariantData, ...]) -> ProductData:
        if not variants:
            row.report("price", "Nothing is said of its variants: those there are stay.", Severity.NOTICE)
        told = Told(row)
        told.take("description", "description", _words(MAX_DESCRIPTION), blank="")
        told.take("brand", "brand", _words(100), blank="")
        told.take("category", "category", _words(255), blank="")
        told.take("tags", "tags", _list(100), blank=())
        told.take("status", "status", partial(one_of, choices=Product.Status.values), blank=Product.Status.ACTIVE)
        told.take("tax_code", "tax_code", _words(50), blank="")
        told.take("url", "url", _address, blank="")
        if not row.is_blank("is_checkout_enabled"):
            told.take("is_checkout_enabled", "is_checkout_enabled", flag, blank=None)
        told.take("condition", "condition", partial(one_of, choices=Product.Condition.values), blank="")
        told.take("gender", "gender", partial(one_of, choices=Product.Gender.values), blank="")
        told.take("age_group", "age_group", partial(one_of, choices=Product.AgeGroup.values), blank="")
        told.take("material", "material", _words(100), blank="")
        told.take("has_no_identifier", "has_no_identifier", flag, blank=False)
        if row.has("images"):
            told.values["media"] = _media(row, variants)
        if row.has("option_names"):
            told.values["option_names"] = ()
        if not row.is_blank("title"):
            told.values["title"] = _words(255)(row, "title")
        kept = told.kept(_PRODUCT_FIELDS)
        if "title" not in told.values:
            told.values["title"] = title_or_handle(row, "title", handle)
        return ProductData(
            handle=handle_of(row, "handle", handle),
            variants=variants,
            kept=kept,
            **told.values,
        )

    def _variant(self, row: Row, options: Options) -> VariantData | None:
        """Read a variant; None where nothing says what it costs."""
        regular = self._price(row)
        if regular is None:
            return None
        told = Told(row)
        told.take("title", "variant_title", _words(255), blank="")
        told.take("status", "variant_status", partial(one_of, choices=Variant.Status.values), blank="active")
        told.take("sku", "sku", _words(100), blank="")
        told.take("gtin", "gtin", gtin, blank="")
        told.take("mpn", "mpn", _words(70), blank="")
        self._tell_sale(told, regular)
        for field in ("is_digital", "download_url"):
            told.take(field, field, flag if field == "is_digital" else _address, blank=_BLANK[field])
        for field in ("weight_grams", "length_mm", "width_mm", "height_mm", "max_quantity_per_order"):
            told.take(field, field, whole_number, blank=_BLANK.get(field))
        told.take(
            "backorders_ship_on", "backorders_ship_on", partial(day, time_zone=self.locale.time_zone), blank=None
        )
        if row.has("images") and row.has("variant_images"):
            told.values["image_urls"] = tuple(_addresses(row, "variant_images"))
        if (stock := _stock(row)) is not None:
            told.values["stock"] = stock
        report_repeated_sku(row, "sku", told.values.get("sku", ""), self.first_rows)
        return VariantData(
            option_values=options,
            price_minor=regular,
            currency=self.locale.currency,
            kept=told.kept(_VARIANT_FIELDS),
            **told.values,
        )

    def _price(self, row: Row) -> int | None:
        said = row.text("currency").casefold()
        if said and said != self.locale.currency:
            wanted = f"Write {self.locale.currency.upper()}, in which the shop sells, and the price in it."
            text = f"{wanted} The variant was left out; what was there stays."
            row.report("currency", text, Severity.ERROR)
            return None
        return needed_price(row, "price", partial(price, currency=self.locale.currency))

    def _tell_sale(self, told: Told, regular: int) -> None:
        amount = partial(price, currency=self.locale.currency)
        tell_sale_price(told, "sale_price", regular, amount)
        starts = partial(moment, time_zone=self.locale.time_zone)
        told.take("sale_starts_at", "sale_starts_at", starts, blank=None)
        told.take("sale_ends_at", "sale_ends_at", partial(starts, is_end=True), blank=None)
        days = {field: told.row.raw(field) for field in ("sale_starts_at", "sale_ends_at")}
        keep_sale_of_unknown_days(told, "sale_price", days=days)


_BLANK: dict[str, Any] = {"is_digital": False, "download_url": "", "weight_grams": 0}


def _spokesman(rows: Sequence[Row]) -> Row:
    """Return a row with the product's own cells: of each the first that is not blank. Says where two differ."""
    first = rows[0]
    for column in PRODUCT_CELLS:
        for row in rows:
            said, known = row.raw(column.name), first.raw(column.name)
            if not said.strip() or said == known:
                continue
            if known.strip():
                row.report(
                    column.name, f"Say the same as row {first.number}, or nothing: of the product that row counts."
                )
                continue
            first = _with_cell(first, column.name, said)
    return first


def _with_cell(row: Row, column: str, said: str) -> Row:
    """Return a row that says one thing more and has the same problems."""
    (place, *_) = row.header.places(column)
    cells = [*row.cells, *[""] * (place + 1 - len(row.cells))]
    cells[place] = said
    other = Row(row.number, row.header, cells)
    other.problems = row.problems
    return other


def _is_variant(row: Row) -> bool:
    """Tell a variant from a row that only brings more of its product, such as one that has no variant."""
    return any(not row.is_blank(column.name) for column in VARIANT_CELLS)


def _option_names(row: Row, variant_rows: Sequence[Row]) -> Options:
    """Return the names of the options: those the file tells, and made ones for values beyond them."""
    names = _list(100)(row, "option_names")
    most = max((len(_list(255)(one, "option_values")) for one in variant_rows), default=0)
    if len(names) < most and row.has("option_names"):
        row.report("option_names", f"Name each option; some variant has {most} of them.")
    made = (f"Option {number}" for number in range(len(names) + 1, most + 1))
    return (*names, *made)


def _options(row: Row, names: Options) -> Options:
    values = _list(255)(row, "option_values")
    if len(values) < len(names):
        row.report("option_values", f"Say {' | '.join(names)} of this variant; what is missing is Unnamed.")
    return (*values, *["Unnamed"] * (len(names) - len(values)))


def _words(limit: int) -> Any:
    """Return what reads a cell as it is."""

    def read(row: Row, column: str) -> str:
        said = from_cell(row.raw(column))
        if len(said) > limit:
            row.report(column, f"Shorten it to {limit} characters; the rest was cut off.")
        return said[:limit].rstrip()

    return read


def _list(limit: int) -> Any:
    """Return what reads a list, each of whose values is as long as that at most."""

    def read(row: Row, column: str) -> tuple[str, ...]:
        values = split_list(from_cell(row.raw(column)))
        if any(len(value) > limit for value in values):
            row.report(column, f"Shorten what is longer than {limit} characters; the rest was cut off.")
        return tuple(value[:limit].rstrip() for value in values if value)

    return read


def _address(row: Row, column: str) -> str | None:
    return web_address_in(row, column, from_cell(row.raw(column)))


def _addresses(row: Row, column: str) -> list[str]:
    found = (web_address_in(row, column, said) for said in row.raw(column).split())
    return list(dict.fromkeys(filter(None, found)))


def _media(row: Row, variants: Sequence[VariantData]) -> tuple[MediaData, ...]:
    """Return the pictures, those of variants that are named nowhere else last."""
    urls = _addresses(row, "images")
    texts = split_list(from_cell(row.raw("image_texts")))
    if len(texts) > len(urls):
        row.report("image_texts", "Write one text for each image; those beyond were ignored.")
    others = (url for variant in variants for url in variant.image_urls)
    alts = dict(zip(urls, (text[:255].rstrip() for text in texts), strict=False))
    return tuple(MediaData(url, alts.get(url, "")) for url in dict.fromkeys((*urls, *others)))


def _stock(row: Row) -> StockData | None:
    """Read what is on hand; None where the row does not say."""
    if all(row.is_blank(column) for column in ("on_hand", "is_tracked", "allow_backorder")):
        return None
    is_tracked = flag(row, "is_tracked", default=True)
    allow_backorder = flag(row, "allow_backorder", default=False)
    on_hand = whole_number(row, "on_hand", may_be_negative=True)
    if on_hand is None and not row.is_blank("on_hand"):
        return None
    on_hand = on_hand or 0
    if on_hand < 0 and is_tracked and not allow_backorder:
        row.report("on_hand", "Count it, or set allow_backorder to sell below zero; it was read as 0.")
        on_hand = 0
    kept = frozenset(level for level in ("on_hand", "is_tracked", "allow_backorder") if not row.has(level))
    return StockData(on_hand, is_tracked=bool(is_tracked), allow_backorder=bool(allow_backorder), kept=kept)


FORMAT = Format(
    code="own",
    name="our own product CSV",
    reader=OwnReader,
    columns=(*PRODUCT_CELLS, *VARIANT_CELLS),
)
