"""The variants of one product in Shopify's CSV: their options, prices, stock and codes. None gets lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from commerce.catalog.product_data import StockData, VariantData
from merchants.imports.cells import flag, gtin, price, web_address, whole_number
from merchants.imports.tables import Row

Options = tuple[str, ...]

_ONLY_VARIANT = "Default Title"
_SAYS_NOTHING = ("variant image",)


@dataclass(frozen=True, slots=True)
class ReadVariants:
    """The variants with the row of each, and the options of those whose price cannot be read."""

    option_names: tuple[str, ...]
    variants: tuple[VariantData, ...]
    rows: tuple[Row, ...]
    kept_options: frozenset[Options]


def read_variants(rows: Sequence[Row], *, currency: str, skus: dict[str, int]) -> ReadVariants:
    """Read a product's variants. `skus` remembers the row of each SKU of the file so far."""
    variant_rows = [row for row in rows if _is_variant(row)] or list(rows[:1])
    names = _option_names(rows, variant_rows)
    found = _told_apart([(row, _options(row, names)) for row in variant_rows])
    if [options for _, options in found] == [(_ONLY_VARIANT,)]:
        names, found = {}, [(found[0][0], ())]
    read = [(row, options, _variant(row, options, currency, skus)) for row, options in found]
    return ReadVariants(
        option_names=tuple(names.values()),
        variants=tuple(variant for _, _, variant in read if variant),
        rows=tuple(row for row, _, variant in read if variant),
        kept_options=frozenset(options for _, options, variant in read if not variant),
    )


def _is_variant(row: Row) -> bool:
    """Tell a variant's row from one that only brings a picture."""
    return any(
        text.strip()
        for column, text in row.cells.items()
        if column.startswith(("variant ", "option")) and column not in _SAYS_NOTHING
    )


def _option_names(rows: Iterable[Row], variant_rows: Sequence[Row]) -> dict[int, str]:
    """Return the names of the options that are used, by their number. They stand on the first row only."""
    names: dict[int, str] = {}
    for number in (1, 2, 3):
        name = next((text for row in rows if (text := row.text(f"Option{number} Name", 100))), "")
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


def _told_apart(found: Iterable[tuple[Row, Options]]) -> list[tuple[Row, Options]]:
    """Give variants with the same options different ones; leave out rows that merely repeat another."""
    known: dict[Options, Row] = {}
    for row, options in found:
        twin = known.get(options)
        if twin is not None and _same_variant(row, twin):
            row.report("Option1 Value", f"Remove the row: it repeats row {twin.number}. It was left out.")
            continue
        if twin is not None:
            options = _next_free(options, known)
            told = " / ".join(options)
            row.report("Option1 Value", f"Row {twin.number} has the same options; this variant became {told}.")
        known[options] = row
    return [(row, options) for options, row in known.items()]


def _next_free(options: Options, taken: dict[Options, Row]) -> Options:
    number = 2
    while (other := (*options[:-1], f"{options[-1][:240]} ({number})")) in taken:
        number += 1
    return other


def _same_variant(row: Row, other: Row) -> bool:
    return _variant_cells(row) == _variant_cells(other)


def _variant_cells(row: Row) -> dict[str, str]:
    return {column: text for column, text in row.cells.items() if column.startswith("variant ")}


def _variant(row: Row, options: Options, currency: str, skus: dict[str, int]) -> VariantData | None:
    """Read a variant; None where nothing says what it costs."""
    regular, sale = _prices(row, currency)
    if regular is None:
        return None
    return VariantData(
        option_values=options,
        price_minor=regular,
        sale_price_minor=sale,
        currency=currency,
        sku=_sku(row, skus),
        gtin=gtin(row, "Variant Barcode"),
        mpn=row.text("Google Shopping / MPN", 70),
        is_digital=not flag(row, "Variant Requires Shipping", default=True),
        weight_grams=whole_number(row, "Variant Grams") or 0,
        image_urls=tuple(filter(None, [web_address(row, "Variant Image")])),
        stock=_stock(row),
    )


def _prices(row: Row, currency: str) -> tuple[int | None, int | None]:
    """Return the regular and the sale price: a compare-at price above the price makes the latter a sale."""
    now = price(row, "Variant Price", currency=currency)
    if now is None:
        if not row.raw("Variant Price").strip():
            row.report("Variant Price", "Give the variant a price.")
        row.report("Variant Price", "Without a price the variant was left out; what was there before stays.")
        return None, None
    compare_at = price(row, "Variant Compare At Price", currency=currency)
    if compare_at and compare_at < now:
        row.report("Variant Compare At Price", "A price to compare with is above the price; it was ignored.")
    return (compare_at, now) if compare_at and compare_at > now else (now, None)


def _sku(row: Row, skus: dict[str, int]) -> str:
    sku = row.text("Variant SKU", 100).lstrip("'")
    if sku and skus.setdefault(sku, row.number) != row.number:
        text = f"Row {skus[sku]} has the same SKU: give each variant its own. Both were imported."
        row.report("Variant SKU", text)
    return sku


def _stock(row: Row) -> StockData:
    """Read what is on hand. Shopify counts only what has a tracker; the rest never runs out."""
    is_tracked = bool(row.text("Variant Inventory Tracker"))
    policy = row.text("Variant Inventory Policy").casefold()
    if policy not in ("", "deny", "continue"):
        row.report("Variant Inventory Policy", "Write deny or continue; it was read as deny.")
    on_hand = whole_number(row, "Variant Inventory Qty", may_be_negative=True)
    if is_tracked and on_hand is None and not row.raw("Variant Inventory Qty").strip():
        row.report("Variant Inventory Qty", "Say how many there are; it was read as none.")
    if (on_hand or 0) < 0 and policy != "continue":
        row.report("Variant Inventory Qty", "Fewer than none can only be sold with the policy continue; it is 0.")
        on_hand = 0
    return StockData(on_hand or 0, is_tracked=is_tracked, allow_backorder=policy == "continue")
