"""The variants of one WooCommerce product: its variations, or the product itself where it has none."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from commerce.catalog.models import Variant
from commerce.catalog.product_data import VARIANT_COLUMNS, StockData, VariantData
from commerce.money import allocate
from merchants.imports.cells import (
    Told,
    flag,
    gtin,
    keep_sale_of_unknown_days,
    measure,
    moment,
    needed_price,
    price,
    tell_sale_price,
    web_address_in,
    whole_number,
)
from merchants.imports.options import Options, report_repeated_sku, told_apart
from merchants.imports.reading import ShopLocale
from merchants.imports.tables import Header, Row
from merchants.imports.text import readable
from merchants.imports.wording import split

_FIELDS = frozenset((*VARIANT_COLUMNS, "image_urls", "stock")) - {"price_minor", "currency"}
_ATTRIBUTE = re.compile(r"attribute (\d+) name")
_SIDES = {"length_mm": "Length", "width_mm": "Width", "height_mm": "Height"}
_SALE_DAYS = {"sale_starts_at": "Date sale price starts", "sale_ends_at": "Date sale price ends"}
_NOT_IN_STOCK = ("0", "no", "false", "outofstock")
_TWINS = ("SKU", "GTIN", "Regular price", "Sale price", "Stock", "Images", "Weight")


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a row says under one number: a name, its values, and whether buyers see it."""

    number: int
    name: str
    value: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class ReadVariants:
    """The variants with the row of each, the options of those without a price, and what else attributes say."""

    option_names: Options
    variants: tuple[VariantData, ...]
    rows: tuple[Row, ...]
    kept_options: frozenset[Options]
    facts: tuple[str, ...]


class VariantReader:
    """Reads the variants of the product of one row."""

    def __init__(
        self, parent: Row, locale: ShopLocale, numbers: Sequence[int], first_rows: Mapping[str, int]
    ) -> None:
        self.parent = parent
        self.locale = locale
        self.numbers = numbers
        self.first_rows = first_rows

    def of_parent(self) -> ReadVariants:
        """Read a product without variations: it is its own variant."""
        variant = self._variant(self.parent, (), None)
        return ReadVariants(
            option_names=(),
            variants=(variant,) if variant else (),
            rows=(self.parent,) if variant else (),
            kept_options=frozenset() if variant else frozenset({()}),
            facts=self._facts(()),
        )

    def of_variations(self, rows: Sequence[Row]) -> ReadVariants:
        """Read a product's variations, in the order of their positions."""
        rows = sorted(rows, key=lambda row: (_position(row), row.number))
        names = self._option_names(rows)
        column = f"attribute {self.numbers[0]} value(s)" if self.numbers else "SKU"
        found = told_apart([(row, self._options(row, names)) for row in rows], column=column, cells=_TWINS)
        shares = self._shares([row for row, _ in found])
        read = [(row, options, self._variant(row, options, shares.get(row.number))) for row, options in found]
        return ReadVariants(
            option_names=names or ("Variation",),
            variants=tuple(variant for _, _, variant in read if variant),
            rows=tuple(row for row, _, variant in read if variant),
            kept_options=frozenset(options for _, options, variant in read if not variant),
            facts=self._facts(names),
        )

    def _option_names(self, rows: Iterable[Row]) -> Options:
        """Return the attributes in which variations differ: those that some variation has a value of."""
        names = {
            one.name.casefold(): one.name for row in rows for one in attributes(row, self.numbers) if one.value
        }
        for one in attributes(self.parent, self.numbers):
            if "," in one.value and one.name.casefold() not in names:
                advice = f"Say the {one.name} of each variation: none does, so buyers cannot choose it."
                self.parent.report(f"attribute {one.number} value(s)", advice)
        return tuple(names.values())

    def _options(self, row: Row, names: Options) -> Options:
        if not names:
            return (row.text("Name") or row.text("SKU") or "Unnamed",)
        values = {one.name.casefold(): one for one in attributes(row, self.numbers)}
        for name in names:
            said = values.get(name.casefold())
            if said is None or not said.value:
                column = f"attribute {said.number if said else self.numbers[0]} value(s)"
                row.report(column, f"It stands for any {name}. To sell them apart make a variation of each.")
        said_values = (values[name.casefold()].value if name.casefold() in values else "" for name in names)
        return tuple(value[:255] or "Any" for value in said_values)

    def _facts(self, option_names: Options) -> tuple[str, ...]:
        """Return what attributes say that are no options, and that buyers see."""
        options = {name.casefold() for name in option_names}
        return tuple(
            f"{one.name}: {one.value}"
            for one in attributes(self.parent, self.numbers)
            if one.value and one.is_visible and one.name.casefold() not in options
        )

    def _shares(self, rows: Sequence[Row]) -> dict[int, int]:
        """Part the stock that variations share with their parent, so that no unit is sold twice."""
        sharing = [row for row in rows if row.text("Stock").casefold() == "parent"]
        whole = whole_number(self.parent, "Stock", may_be_negative=True) or 0
        parts = allocate(max(whole, 0), [1] * len(sharing))
        for row, part in zip(sharing, parts, strict=True):
            advice = f"The variations share a stock of {whole}; this one was given {part} of it. Count each."
            row.report("Stock", advice)
        return {row.number: part for row, part in zip(sharing, parts, strict=True)}

    def _variant(self, row: Row, options: Options, share: int | None) -> VariantData | None:
        """Read a variant; None where nothing says what it costs."""
        amount = partial(price, currency=self.locale.currency, decimal_comma=True)
        regular = needed_price(row, "Regular price", amount)
        if regular is None:
            return None
        told = Told(row)
        told.take("sku", "SKU", _sku, blank="")
        told.take("gtin", "GTIN", gtin, blank="")
        tell_sale_price(told, "Sale price", regular, amount)
        self._tell_sale_days(told)
        self._tell_measures(told)
        self._tell_delivery(told)
        if row is not self.parent and row.has("Images"):
            told.values["image_urls"] = tuple(image_urls(row))
        if row.has("Published"):
            told.values["status"] = self._status(row)
        if (stock := _stock(row, share)) is not None:
            told.values["stock"] = stock
        report_repeated_sku(row, "SKU", told.values.get("sku", ""), self.first_rows)
        return VariantData(
            option_values=options,
            price_minor=regular,
            currency=self.locale.currency,
            kept=told.kept(_FIELDS),
            **told.values,
        )

    def _tell_sale_days(self, told: Told) -> None:
        starts = partial(moment, time_zone=self.locale.time_zone)
        told.take("sale_starts_at", _SALE_DAYS["sale_starts_at"], starts, blank=None)
        told.take("sale_ends_at", _SALE_DAYS["sale_ends_at"], partial(starts, is_end=True), blank=None)
        days = {field: told.row.raw(column) for field, column in _SALE_DAYS.items()}
        keep_sale_of_unknown_days(told, "Sale price", days=days)

    def _tell_measures(self, told: Told) -> None:
        """Read weight and sides, whose units stand in their columns' names; a variation has its parent's."""
        for field, column in {"weight_grams": "Weight", **_SIDES}.items():
            unit = re.search(r"\((\w+)\)\s*$", told.row.header.shown(column).casefold())
            fallback = {"weight_grams": "kg"}.get(field, "cm")
            read = partial(measure, unit=unit[1] if unit else fallback, decimal_comma=True)
            owner = Told(self._with(told.row, column))
            owner.take(field, column, read, blank=0 if field == "weight_grams" else None)
            told.values |= owner.values

    def _tell_delivery(self, told: Told) -> None:
        row, said = told.row, kinds(told.row)
        if row.has("Type"):
            told.values["is_digital"] = "virtual" in said
        if row.has("Sold individually?"):
            alone = flag(self._with(row, "Sold individually?"), "Sold individually?", default=False)
            told.values["max_quantity_per_order"] = 1 if alone else None
        downloads = [url for name in row.header.named(r"download \d+ url") if (url := row.text(name, 500))]
        if downloads and "downloadable" in said:
            told.values["download_url"] = web_address_in(row, "download 1 url", downloads[0]) or ""
            if len(downloads) > 1:
                row.report("download 1 url", "Put all into one file: one is delivered here, the first was taken.")
            if "virtual" not in said:
                row.report("Type", "It is shipped, so that its download is not delivered: make it virtual.")

    def _with(self, row: Row, column: str) -> Row:
        return self.parent if row.is_blank(column) else row

    def _status(self, row: Row) -> str:
        is_off = row is not self.parent and row.text("Published").casefold() in ("0", "false")
        return Variant.Status.INACTIVE if is_off else Variant.Status.ACTIVE


def kinds(row: Row) -> frozenset[str]:
    """Return the words of a row's type, such as simple, virtual."""
    return frozenset(filter(None, (readable(word).casefold() for word in row.raw("Type").split(","))))


def attribute_numbers(header: Header) -> tuple[int, ...]:
    """Return the numbers under which a file has attributes."""
    found = (_ATTRIBUTE.fullmatch(name) for name in header.named(_ATTRIBUTE.pattern))
    return tuple(sorted(int(one[1]) for one in found if one))


def attributes(row: Row, numbers: Iterable[int]) -> list[Attribute]:
    """Return the attributes that a row names."""
    return [
        Attribute(
            number,
            name,
            ", ".join(filter(None, (_term(one) for one in split(row.raw(f"attribute {number} value(s)"), ",")))),
            row.text(f"attribute {number} visible") != "0",
        )
        for number in numbers
        if (name := html.unescape(row.text(f"attribute {number} name", 100)))
    ]


def _term(said: str) -> str:
    """Read a word that WooCommerce keeps escaped, such as Salt &amp; Pepper."""
    return readable(html.unescape(said))


def image_urls(row: Row) -> list[str]:
    """Return the addresses of a row's pictures."""
    found = (readable(one) for one in split(row.raw("Images"), ","))
    addresses = (web_address_in(row, "Images", one) for one in found if one)
    return list(dict.fromkeys(filter(None, addresses)))


def _sku(row: Row, column: str) -> str:
    return row.text(column, 100).lstrip("'")


def _position(row: Row) -> int:
    said = row.text("Position")
    return int(said) if said.isascii() and said.isdigit() else 0


def _stock(row: Row, share: int | None) -> StockData | None:
    """Read what is on hand; None where the file does not say."""
    if not row.has("Stock") and not row.has("In stock?"):
        return None
    backorders = row.text("Backorders allowed?").casefold() in ("1", "yes", "true", "notify")
    kept = frozenset(() if row.has("Backorders allowed?") else ("allow_backorder",))
    if share is not None:
        return StockData(share, allow_backorder=backorders, kept=kept)
    if row.is_blank("Stock"):
        return _uncounted(row)
    on_hand = whole_number(row, "Stock", may_be_negative=True)
    if on_hand is None:
        return None
    if on_hand < 0 and not backorders:
        row.report("Stock", "Count it, or allow backorders to sell below zero; it is 0.")
        on_hand = 0
    if on_hand > 0 and row.text("In stock?").casefold() in _NOT_IN_STOCK:
        row.report("In stock?", "Say that it is in stock to sell what there is of it; it is 0.")
        on_hand = 0
    return StockData(on_hand, allow_backorder=backorders, kept=kept)


def _uncounted(row: Row) -> StockData:
    """Say what a stock status means where nothing is counted; without a column of stock it may be, here."""
    said = row.text("In stock?").casefold()
    if said in _NOT_IN_STOCK:
        return StockData(0)
    kept = frozenset(() if row.has("Stock") else ("on_hand", "is_tracked", "allow_backorder"))
    if said in ("backorder", "onbackorder"):
        return StockData(0, allow_backorder=True, kept=kept - {"allow_backorder"})
    return StockData(0, is_tracked=False, kept=kept)
