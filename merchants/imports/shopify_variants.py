"""The variants of one product in Shopify's CSV: their options, prices, stock and codes. None gets lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from commerce.catalog.models import Variant
from commerce.catalog.product_data import VARIANT_COLUMNS, StockData, VariantData
from merchants.imports.cells import Told, flag, gtin_in, needed_price, price, text, web_address, whole_number
from merchants.imports.options import Options, report_repeated_sku, told_apart
from merchants.imports.reading import Severity
from merchants.imports.tables import Row

_ONLY_VARIANT = "Default Title"
_OPTIONS = tuple(f"Option{number} {part}" for number in (1, 2, 3) for part in ("Name", "Value"))
_CELLS = (
    "Variant SKU",
    "Variant Barcode",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Tax Code",
)
_FIELDS = frozenset((*VARIANT_COLUMNS, "image_urls", "stock")) - {"price_minor", "currency"}


@dataclass(frozen=True, slots=True)
class ReadVariants:
    """The variants with the row of each, and the options of those whose price cannot be read."""

    option_names: tuple[str, ...]
    variants: tuple[VariantData, ...]
    rows: tuple[Row, ...]
    kept_options: frozenset[Options]


def read_variants(rows: Sequence[Row], *, currency: str, first_rows: Mapping[str, int]) -> ReadVariants:
    """Read a product's variants. `first_rows` has the row of each SKU that the file has several times."""
    variant_rows = [row for row in rows if _is_variant(row)] or list(rows[:1])
    names = _option_names(rows, variant_rows)
    told = [(row, _options(row, names)) for row in variant_rows]
    found = told_apart(told, column="Option1 Value", cells=(*_CELLS, "Variant Image"))
    if [options for _, options in found] == [(_ONLY_VARIANT,)]:
        names, found = {}, [(found[0][0], ())]
    read = [(row, options, _variant(row, options, currency)) for row, options in found]
    for row, _, variant in read:
        if variant:
            report_repeated_sku(row, "Variant SKU", variant.sku, first_rows)
    return ReadVariants(
        option_names=tuple(names.values()),
        variants=tuple(variant for _, _, variant in read if variant),
        rows=tuple(row for row, _, variant in read if variant),
        kept_options=frozenset(options for _, options, variant in read if not variant),
    )


def says_what_is_sold(row: Row) -> bool:
    """Say whether the file has a column that tells what is for sale from what is not."""
    return row.has("Status") or row.has("Published")


def _is_variant(row: Row) -> bool:
    """Tell a variant's row from one that only brings a picture."""
    return any(not row.is_blank(column) for column in (*_OPTIONS, *_CELLS))


def _option_names(rows: Iterable[Row], variant_rows: Sequence[Row]) -> dict[int, str]:
    """Return the names of the options that are used, by their number. They stand on the first row only."""
    names: dict[int, str] = {}
    for number in (1, 2, 3):
        name = next((said for row in rows if (said := row.text(f"Option{number} Name", 100))), "")
        nameless = next((row for row in variant_rows if row.text(f"Option{number} Value")), None)
        if not name and nameless:
            name = f"Option {number}"
            nameless.report(f"Option{number} Value", f"Give the option a name in Option{number} Name.")
        if name:
            names[number] = name
    return names or {1: "Title"}


def _options(row: Row, names: dict[int, str]) -> Options:
    if list(names.values()) == ["Title"]:
        return (row.text("Option1 Value") or _ONLY_VARIANT,)
    return tuple(_option(row, number, name) for number, name in names.items())


def _option(row: Row, number: int, name: str) -> str:
    if value := row.text(f"Option{number} Value"):
        return value
    row.report(f"Option{number} Value", f"Say the {name} of this variant; it was called Unnamed.")
    return "Unnamed"


def _variant(row: Row, options: Options, currency: str) -> VariantData | None:
    """Read a variant; None where nothing says what it costs."""
    paid = needed_price(row, "Variant Price", partial(price, currency=currency))
    if paid is None:
        return None
    told = Told(row)
    regular = _tell_sale(told, paid, currency)
    told.take("sku", "Variant SKU", _sku, blank="")
    told.take("gtin", "Variant Barcode", _barcode, blank="")
    told.take("mpn", "Google Shopping / MPN", text(70), blank="")
    told.take("weight_grams", "Variant Grams", whole_number, blank=0)
    told.take("is_digital", "Variant Requires Shipping", _is_digital, blank=False)
    told.take("image_urls", "Variant Image", _image_urls, blank=())
    if says_what_is_sold(row):
        told.values["status"] = Variant.Status.ACTIVE  # a product's status is that of all its variants there
    stock = _stock(row)
    if stock is not None:
        told.values["stock"] = stock
    return VariantData(
        option_values=options,
        price_minor=regular,
        currency=currency,
        kept=told.kept(_FIELDS),
        **({"stock": _levels(row)} | told.values),
    )


def _tell_sale(told: Told, paid: int, currency: str) -> int:
    """Return the regular price: a compare-at price above the price makes the latter a sale."""
    row, column = told.row, "Variant Compare At Price"
    told.take("sale_price_minor", column, partial(price, currency=currency), blank=None)
    if "sale_price_minor" not in told.values:
        return paid
    compare_at = told.values["sale_price_minor"] or 0
    if 0 < compare_at < paid:
        row.report(column, "Write one above the price, or none; it was ignored.")
    is_sale = compare_at > paid
    told.values |= {
        "sale_price_minor": paid if is_sale else None,
        "sale_starts_at": None,
        "sale_ends_at": None,
    }
    return compare_at if is_sale else paid


def _sku(row: Row, column: str) -> str:
    return row.text(column, 100).lstrip("'")


def _barcode(row: Row, column: str) -> str | None:
    """Read the first barcode where a variant has several."""
    first, *more = re.split("[;,|]", row.raw(column))
    if more:
        row.report(column, "A variant has one GTIN here: the first was taken.", Severity.NOTICE)
    return gtin_in(row, column, first)


def _is_digital(row: Row, column: str) -> bool:
    return not flag(row, column, default=True)


def _image_urls(row: Row, column: str) -> tuple[str, ...] | None:
    address = web_address(row, column)
    return None if address is None else tuple(filter(None, [address]))


def _stock(row: Row) -> StockData | None:
    """Read what is on hand; None where the file does not say. Only what has a tracker is counted at Shopify."""
    if not row.has("Variant Inventory Qty"):
        return None
    levels = _levels(row)
    on_hand = whole_number(row, "Variant Inventory Qty", may_be_negative=True)
    if on_hand is None:
        if levels.is_tracked and row.is_blank("Variant Inventory Qty"):
            row.report("Variant Inventory Qty", "Say how many there are; of a new variant it was read as none.")
        return levels if row.has("Variant Inventory Tracker") and not levels.is_tracked else None
    if on_hand < 0 and not levels.allow_backorder:
        row.report("Variant Inventory Qty", "Count it, or set the policy continue to sell below zero; it is 0.")
        on_hand = 0
    return replace(levels, on_hand=on_hand)


def _levels(row: Row) -> StockData:
    """Say how the stock of a variant is kept, without its number. What has one counts, unless told otherwise."""
    policy = row.text("Variant Inventory Policy").casefold()
    if policy not in ("", "deny", "continue", "true", "false"):
        row.report("Variant Inventory Policy", "Write deny or continue; it was read as deny.")
    is_tracked = bool(row.text("Variant Inventory Tracker"))
    if not row.has("Variant Inventory Tracker"):
        is_tracked = not row.is_blank("Variant Inventory Qty")
    columns = {"is_tracked": "Variant Inventory Tracker", "allow_backorder": "Variant Inventory Policy"}
    return StockData(
        is_tracked=is_tracked,
        allow_backorder=policy in ("continue", "true"),
        kept=frozenset(level for level, column in columns.items() if not row.has(column)),
    )
