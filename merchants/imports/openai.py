"""OpenAI's product feed, JSON Lines or delimited: its current columns, and those of its older generations.

Where a file has a column under several names, the feed's own rule says which counts. Source: OpenAI, "Products"
(file upload) as of autumn 2026, and the generations of September 2025 and mid-2026 before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from commerce.money import round_half_even
from merchants.imports.cells import unit_factor
from merchants.imports.feeds import FeedReader, measures, parse_json
from merchants.imports.format import Column, Format
from merchants.imports.opening import Layout
from merchants.imports.reading import Severity
from merchants.imports.tables import Row
from merchants.imports.text import readable

_FLAGS = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}
_BOX = re.compile(r"([\d.]+)\s*x\s*([\d.]+)\s*x\s*([\d.]+)\s*([a-z]*)")


class OpenAiReader(FeedReader):
    example_availability = "in_stock, out_of_stock, pre_order, backorder or unknown"

    def explicit_options(self, row: Row) -> dict[str, str]:
        """Return the options of `variant_dict`; else of the older pairs, Custom_variant1_category and _option."""
        if not row.is_blank("variant_dict"):
            return _variant_dict(row)
        pairs = (
            (row.text(f"custom variant{number} category", 100), row.text(f"custom variant{number} option"))
            for number in (1, 2, 3)
        )
        return {name: value for name, value in pairs if name and value}

    def is_offered(self, row: Row) -> bool:
        """Say whether a row may be found; what may not be found may not be bought either."""
        return _flag(row, "is_eligible_search") is not False

    def is_bought_here(self, rows: Sequence[Row]) -> bool | None:
        """Say whether agents sell the product. Where some of its rows may not be bought, none is: it is safer."""
        offered = [row for row in rows if self.is_offered(row)] or rows
        told = [(row, _flag(row, "is_eligible_checkout")) for row in offered]
        refused = [row for row, is_bought in told if is_bought is False]
        if any(is_bought for _, is_bought in told):
            advice = (
                "All of a product is sold by agents, or all only shown: for this row, all is. Split the group."
            )
            for row in refused:
                row.report("is_eligible_checkout", advice)
        return not refused if any(is_bought is not None for _, is_bought in told) else None

    def measures(self, row: Row) -> dict[str, Any]:
        """Read weight and sides; `dimensions`, an object or the older "12x8x5 in", counts before single sides."""
        found = measures(row)
        if row.is_blank("dimensions"):
            return found
        sides = _dimensions(row)
        if sides is None:
            example = '{"length": "12", "width": "8", "unit": "in"}'
            row.report("dimensions", f"Write the sides as a JSON object, such as {example}; they were ignored.")
        return found | (sides or {})


def _variant_dict(row: Row) -> dict[str, str]:
    found = parse_json(row.raw("variant_dict"), dict) or {}
    told = {readable(str(name))[:100]: readable(str(value))[:255] for name, value in found.items()}
    if told and all(name and value for name, value in told.items()):
        return told
    advice = 'Write the options as a JSON object, such as {"color": "Blue", "size": "M"}; they were ignored.'
    row.report("variant_dict", advice)
    return {}


def _flag(row: Row, column: str) -> bool | None:
    said = row.text(column)
    if said and said not in ("true", "false"):
        row.report(column, "Write true or false in small letters.", Severity.NOTICE)
    return _FLAGS.get(said.casefold())


def _dimensions(row: Row) -> dict[str, int] | None:
    """Return the sides in millimetres; None where they cannot be understood."""
    said = parse_json(row.raw("dimensions"), dict)
    if said is None:
        box = _BOX.fullmatch(row.text("dimensions").casefold())
        said = dict(zip(("length", "width", "height", "unit"), box.groups(), strict=True)) if box else {}
    factor = unit_factor(str(said.get("unit", "")).casefold())
    amounts = {side: str(said[side]) for side in ("length", "width", "height") if said.get(side)}
    if factor is None or len(amounts) < 2 or not all(_AMOUNT.fullmatch(one) for one in amounts.values()):
        return None
    return {f"{side}_mm": round_half_even(Decimal(one) * factor) for side, one in amounts.items()}


_AMOUNT = re.compile(r"\d{1,7}(\.\d{1,6})?")

FORMAT = Format(
    code="openai",
    name="OpenAI product feed",
    reader=OpenAiReader,
    layouts=frozenset((Layout.DELIMITED, Layout.JSON_LINES)),
    columns=(
        Column("item_id", "SKU, and what the product is known by", ("item_id", "id", "sku"), is_required=True),
        Column("group_id", "holds the variants of a product together", ("group_id", "item_group_id")),
        Column("variant_dict", "options of a variant", is_text=True),
        Column("title", "title", is_required=True, is_text=True),
        Column("description", "description", is_text=True),
        Column("url", "the product's page", ("url", "link")),
        Column("image_url", "picture", ("image_url", "image_link")),
        Column("additional_image_urls", "further pictures", ("additional_image_urls", "additional_image_link")),
        Column("availability", "stock, where it is not counted"),
        Column("availability_date", "day on which backorders leave"),
        Column("inventory_quantity", "stock"),
        Column("price", "price", is_required=True),
        Column("sale_price", "sale price"),
        Column("sale_price_effective_date", "beginning and end of the sale"),
        Column(
            "sale_price_start_date", "beginning of the sale", ("sale_price_start_date", "sale_price_begin_date")
        ),
        Column("sale_price_end_date", "end of the sale"),
        Column("brand", "brand", is_text=True),
        Column("gtin", "GTIN"),
        Column("mpn", "MPN"),
        Column(
            "product_category",
            "category",
            ("product_category", "product_type", "google_product_category"),
            is_text=True,
        ),
        Column("condition", "condition, and a tag where it is not new"),
        Column("identifier_exists", "whether it has a GTIN or part number at all"),
        *(
            Column(name, "option of a variant, else a line of the description", is_text=True)
            for name in ("color", "size", "material", "pattern", "gender", "age_group", "size_system")
        ),
        Column("is_digital", "whether it is shipped"),
        Column("is_eligible_search", "a draft, where false", ("enable_search", "is_eligible_search")),
        Column(
            "is_eligible_checkout",
            "whether agents sell it, or only show it",
            ("enable_checkout", "is_eligible_checkout"),
        ),
        Column("dimensions", "length, width, height"),
        Column("weight", "weight"),
        Column("item_weight_unit", "unit of the weight", ("item_weight_unit", "weight_unit")),
        *(Column(side, side) for side in ("length", "width", "height")),
        Column("dimensions_unit", "unit of the sides"),
    ),
    numbered=re.compile(r"custom variant\d (category|option)"),
    unused=re.compile(
        r"seller (name|url|privacy policy|tos)|marketplace seller|listing has variations|offer id|is ads eligible"
        r"|is eligible ads|ads metadata|shipping( price)?|accepts (returns|exchanges)|return (window|policy)"
        r"|return deadline in days|(store )?(review count|star rating)|product review (count|rating)"
        r"|store review rating|target countries|store country|mobile link"
    ),
)
