"""What product feeds share: a row a variant that names its group, prices with currencies, words for stock.

Columns have the names of OpenAI's current feed here; each feed's format says how they are spelt in its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import orjson

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
    gtin,
    keep_sale_of_unknown_days,
    measure,
    moment_in,
    money,
    needed_price,
    text,
    web_address,
    web_address_in,
    whole_number,
)
from merchants.imports.format import Reader
from merchants.imports.options import Options, told_apart
from merchants.imports.reading import Problem, ReadProduct, Severity
from merchants.imports.tables import Row
from merchants.imports.text import plain_lines, readable
from merchants.imports.wording import long_text, made_handle, split, title_or_handle, with_facts

Kind = TypeVar("Kind")

_PRODUCT_FIELDS = frozenset((*PRODUCT_COLUMNS, "media"))
_VARIANT_FIELDS = frozenset((*VARIANT_COLUMNS, "image_urls", "stock")) - {"price_minor", "currency"}
_FACTS = {"condition": Product.Condition, "gender": Product.Gender, "age_group": Product.AgeGroup}
_NOTHING = frozenset(("null", "n/a", "none", "unknown", "undefined", "nan"))
_MAY_SAY_SO = frozenset(("availability", "title", "description", "item_id", "group_id"))
# What siblings differ in. It counts wherever one has it, so that a variant added later changes no other's key.
_CHOICES = ("color", "size", "material", "pattern")
_TRAITS = ("gender", "age_group", "size_type", "size_system")
_IN_STOCK = {
    "in stock": StockData(0, is_tracked=False),
    "limited availability": StockData(0, is_tracked=False),
    "out of stock": StockData(0),
    "pre order": StockData(0, allow_backorder=True),
    "backorder": StockData(0, allow_backorder=True),
    "unknown": StockData(0),
}


class FeedReader(Reader):
    """Reads a feed. What only one format has is in the methods that its subclass overrides."""

    example_availability = "in_stock, out_of_stock, preorder or backorder"

    def key(self, row: Row) -> str:
        group, item = row.text("group_id"), row.text("item_id")
        return f"group {group}" if group else f"item {item}" if item else ""

    def sku(self, row: Row) -> str:
        return row.text("item_id")

    def explicit_options(self, row: Row) -> dict[str, str]:  # noqa: ARG002 - for formats that have them
        """Return the options that a row names as such."""
        return {}

    def is_offered(self, row: Row) -> bool:  # noqa: ARG002 - for formats that say so
        """Say whether a row may be sold at all."""
        return True

    def is_bought_here(self, rows: Sequence[Row]) -> bool | None:  # noqa: ARG002 - for formats that say so
        """Say whether agents sell the product of some rows, or only show it; None where the rows do not say."""
        return None

    def measures(self, row: Row) -> dict[str, Any]:
        """Return weight and sides, by the variant's fields."""
        return measures(row)

    def notes(self) -> tuple[Problem, ...]:
        if self.header.has("inventory_quantity"):
            return ()
        advice = (
            "The file says whether something is in stock, not how many there are: what is new and in stock"
            " never runs out here until it is counted."
        )
        return (Problem(1, self.header.shown("availability"), "", advice, Severity.NOTICE),)

    def read(self, rows: Sequence[Row]) -> ReadProduct:
        first = rows[0]
        for row in rows:
            _blank_placeholders(row)
        key = self.key(first)
        if not key:
            if not first.problems:
                first.report("item_id", "Give the row an id; it was left out.", Severity.ERROR)
            return ReadProduct(first.number, "", None)
        usable = [row for row in rows if not self._is_repeated(row)]
        names = self._option_names(usable)
        found = told_apart(
            [(row, self._options(row, names)) for row in usable], column="item_id", cells=("item_id", "price")
        )
        read = [(row, options, self._variant(row, options)) for row, options in found]
        variants = tuple(variant for _, _, variant in read if variant)
        kept = frozenset(options for _, options, variant in read if not variant)
        return ReadProduct(
            first.number,
            key.partition(" ")[2],
            self._data(key.partition(" ")[2], usable, names, variants, kept) if variants else None,
            variant_rows=tuple(row.number for row, _, variant in read if variant),
        )

    def _is_repeated(self, row: Row) -> bool:
        first = self.first_rows.get(self.sku(row), row.number)
        if first != row.number:
            row.report(
                "item_id",
                f"Give the row an id of its own: row {first} has the same. It was left out.",
                Severity.ERROR,
            )
        return first != row.number

    def _option_names(self, rows: Sequence[Row]) -> Options:
        """Return what siblings differ in: their options where rows name them, else colour, size and the like."""
        if not rows or rows[0].is_blank("group_id"):
            return ()
        explicit: dict[str, str] = {}
        for row in rows:
            for name in self.explicit_options(row):
                explicit.setdefault(name.casefold(), name)
        if explicit:
            return tuple(explicit.values())
        choices = [name for name in _CHOICES if any(not row.is_blank(name) for row in rows)]
        traits = [name for name in _TRAITS if len({row.text(name) for row in rows}) > 1]
        return tuple(_label(name) for name in (*choices, *traits)) or ("Item",)

    def _options(self, row: Row, names: Options) -> Options:
        explicit = (
            {known.casefold(): value for known, value in self.explicit_options(row).items()} if names else {}
        )
        return tuple(_option(row, name, explicit) for name in names)

    def _data(
        self,
        known_as: str,
        rows: Sequence[Row],
        names: Options,
        variants: tuple[VariantData, ...],
        kept_options: frozenset[Options],
    ) -> ProductData:
        first = rows[0]
        told = Told(first)
        title = _title(rows, known_as)
        told.values |= {"option_names": names} | ({} if first.is_blank("title") else {"title": title})
        if first.has("description"):
            said = with_facts(plain_lines(first.raw("description")), _facts(first, names))
            told.values["description"] = long_text(first, "description", said)
        told.take("brand", "brand", text(100), blank="")
        told.take("category", "product_category", _category, blank="")
        told.take("url", "url", web_address, blank="")
        if (condition := first.text("condition").casefold()) and condition != "new":
            told.values["tags"] = (condition[:100],)
        told.values |= _shared_facts(rows)
        if first.has("image_url") or first.has("additional_image_urls"):
            told.values["media"] = _media(rows)
        if (is_bought := self.is_bought_here(rows)) is not None:
            told.values["is_checkout_enabled"] = is_bought
        if (status := self._status(rows)) is not None:
            told.values["status"] = status
        return ProductData(
            handle=made_handle(known_as),
            variants=variants,
            kept_options=kept_options,
            kept=told.kept(_PRODUCT_FIELDS),
            **({"title": title} | told.values),
        )

    def _status(self, rows: Sequence[Row]) -> str | None:
        """Say whether the product is for sale; None where the feed does not say."""
        if rows[0].text("adult").casefold() in ("yes", "true"):
            rows[0].report(
                "adult", "Write no if it is not for adults: agents do not sell such goods. The product is a draft."
            )
            return Product.Status.DRAFT
        if not rows[0].has("is_eligible_search"):
            return None
        return Product.Status.ACTIVE if any(self.is_offered(row) for row in rows) else Product.Status.DRAFT

    def _variant(self, row: Row, options: Options) -> VariantData | None:
        """Read a variant; None where nothing says what it costs."""
        regular = needed_price(row, "price", partial(money, currency=self.locale.currency))
        if regular is None:
            return None
        told = Told(row)
        told.values["sku"] = row.text("item_id", 100)
        told.take("gtin", "gtin", gtin, blank="")
        told.take("mpn", "mpn", text(70), blank="")
        told.take("is_digital", "is_digital", _yes, blank=False)
        ships_on = partial(day, time_zone=self.locale.time_zone)
        told.take("backorders_ship_on", "availability_date", ships_on, blank=None)
        self._tell_sale(told, regular)
        told.values |= self.measures(row)
        if row.has("image_url") and not row.is_blank("group_id"):
            url = web_address(row, "image_url")
            told.values["image_urls"] = (url,) if url else ()
        if row.has("is_eligible_search"):
            told.values["status"] = Variant.Status.ACTIVE if self.is_offered(row) else Variant.Status.INACTIVE
        stock, is_told = self._stock(row)
        kept = told.kept(_VARIANT_FIELDS) - ({"stock"} if is_told else set())
        return VariantData(
            option_values=options,
            price_minor=regular,
            currency=self.locale.currency,
            stock=stock,
            kept=kept,
            **told.values,
        )

    def _tell_sale(self, told: Told, regular: int) -> None:
        row = told.row
        told.take("sale_price_minor", "sale_price", partial(money, currency=self.locale.currency), blank=None)
        sale = told.values.get("sale_price_minor")
        if sale is not None and not 0 < sale < regular:
            row.report("sale_price", "Write a sale price below the price, or none; there is no sale now.")
            told.values["sale_price_minor"] = None
        self._tell_sale_days(told)

    def _tell_sale_days(self, told: Told) -> None:
        row, window = told.row, "sale_price_effective_date"
        starts, _, ends = row.text(window).partition("/")
        days = {}
        for field, column, said in (
            ("sale_starts_at", "sale_price_start_date", starts),
            ("sale_ends_at", "sale_price_end_date", ends),
        ):
            if not row.has(window) and not row.has(column):
                continue
            days[field] = said or row.text(column)
            read = partial(moment_in, row, window if said else column, time_zone=self.locale.time_zone)
            at = read(days[field], is_end=field == "sale_ends_at") if days[field] else None
            if at is not None or not days[field]:
                told.values[field] = at
        keep_sale_of_unknown_days(told, "sale_price", days=days)

    def _stock(self, row: Row) -> tuple[StockData, bool]:
        """Return what is on hand, and whether that is a count: most feeds only say that there is some."""
        word = re.sub(r"[\s_-]+", " ", row.text("availability").casefold().rpartition("/")[2]).strip()
        word = {"instock": "in stock", "outofstock": "out of stock", "preorder": "pre order"}.get(word, word)
        stock = _IN_STOCK.get(word)
        if stock is None and word:
            row.report("availability", f"Write {self.example_availability}; it was read as out of stock.")
        stock = stock or StockData(0, is_tracked=bool(word))
        if row.is_blank("inventory_quantity"):
            return stock, word == "out of stock"
        quantity = whole_number(row, "inventory_quantity", may_be_negative=True)
        if quantity is None:
            return StockData(0, allow_backorder=stock.allow_backorder), word == "out of stock"
        if quantity < 0 and not stock.allow_backorder:
            row.report("inventory_quantity", "Count it: fewer than none cannot be in stock; it is 0.")
            quantity = 0
        kept = frozenset(() if row.has("availability") else ("allow_backorder",))
        on_hand = 0 if word == "out of stock" else quantity
        return StockData(on_hand, allow_backorder=stock.allow_backorder, kept=kept), True


def parse_list(row: Row, column: str) -> list[str]:
    """Return the values of lists, parted by commas or as JSON, in all cells of a column."""
    found = (one for cell in row.every(column) for one in (parse_json(cell, list) or split(cell, ",")))
    return [value for one in found if (value := readable(str(one)))]


def parse_json(said: str, kind: type[Kind]) -> Kind | None:
    """Return a JSON value of that kind; None where the text is none."""
    if not said.lstrip().startswith(("[", "{")):
        return None
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, kind) else None


def _option(row: Row, name: str, explicit: Mapping[str, str]) -> str:
    column = "item_id" if name == "Item" else name.casefold().replace(" ", "_")
    if value := explicit.get(name.casefold()) or row.text(column):
        return value
    row.report(column if row.has(column) else "item_id", f"Say the {name} of this variant; it is Unnamed.")
    return "Unnamed"


def _blank_placeholders(row: Row) -> None:
    """Empty the cells whose word only says that nothing is known."""
    for place, cell in enumerate(row.cells):
        if len(cell) < 12 and cell.strip().casefold() in _NOTHING:
            column = row.header.column_at(place)
            if column and column not in _MAY_SAY_SO:
                row.report(column, "Leave the cell empty where nothing is known; it was read so.", Severity.NOTICE)
                row.cells = [*row.cells[:place], "", *row.cells[place + 1 :]]


def _label(column: str) -> str:
    return column.replace("_", " ").capitalize()


def _title(rows: Sequence[Row], known_as: str) -> str:
    """Return what the titles of all siblings begin with; each has its own options behind it."""
    titles = [row.text("title") for row in rows if not row.is_blank("title")]
    if not titles:
        return title_or_handle(rows[0], "title", known_as)
    first, last = min(titles), max(titles)
    length = next(
        (place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first)
    )
    shared = first[:length]
    if any(_goes_on(title, shared) for title in titles):
        shared = re.sub(r"\S*$", "", shared)
    shared = re.sub(r"[\s\-\u2013\u2014|,/:(\[]+$", "", shared)
    return shared if len(shared) >= 3 else titles[0]


def _goes_on(title: str, beginning: str) -> bool:
    """Say whether a title goes on in the middle of a word."""
    return title[len(beginning) : len(beginning) + 1].isalnum() and beginning[-1:].isalnum()


def _facts(row: Row, names: Options) -> Iterable[str]:
    """Return what is known of an item that has no field of its own and is none of its options."""
    options = {name.casefold() for name in names}
    for column in (*_CHOICES, *_TRAITS):
        if _label(column).casefold() not in options and not row.is_blank(column):
            yield f"{_label(column)}: {row.text(column)}"
    if (condition := row.text("condition").casefold()) and condition != "new":
        yield f"Condition: {condition}"


def _shared_facts(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what is known of a product beyond what a shop shows, where all its rows say the same of it."""
    found: dict[str, Any] = {}
    for column, known in _FACTS.items():
        values = {row.text(column).casefold() for row in rows if row.has(column)}
        if len(values) == 1 and (value := values.pop()) in ("", *known.values):
            found[column] = value
    materials = {row.text("material", 100) for row in rows if row.has("material")}
    if len(materials) == 1:
        found["material"] = materials.pop()
    exist = {row.text("identifier_exists").casefold() for row in rows if row.has("identifier_exists")}
    if len(exist) == 1:
        found["has_no_identifier"] = exist.pop() in ("no", "false")
    return found


def _category(row: Row, column: str) -> str | None:
    """Read a path of categories; a number of Google's taxonomy says nothing to buyers."""
    said = next((one for one in map(readable, row.every(column)) if not one.isdigit()), "")
    return " > ".join(part.strip() for part in said.split(">"))[:255]


def _media(rows: Iterable[Row]) -> tuple[MediaData, ...]:
    urls: dict[str, None] = {}
    for row in rows:
        if url := web_address(row, "image_url"):
            urls[url] = None
        for said in parse_list(row, "additional_image_urls"):
            if url := web_address_in(row, "additional_image_urls", said):
                urls[url] = None
    return tuple(MediaData(url) for url in urls)


def _yes(row: Row, column: str) -> bool:
    return row.text(column).casefold() in ("true", "yes", "1")


def measures(row: Row) -> dict[str, Any]:
    """Read weight and sides with the units in their cells, or in a cell of their own."""
    told = Told(row)
    weight_unit, side_unit = row.text("item_weight_unit").casefold(), row.text("dimensions_unit").casefold()
    told.take("weight_grams", "weight", partial(measure, unit=weight_unit), blank=0)
    for side in ("length", "width", "height"):
        told.take(f"{side}_mm", side, partial(measure, unit=side_unit), blank=None)
    return told.values
