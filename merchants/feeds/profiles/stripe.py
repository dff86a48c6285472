"""Stripe's catalog feed: a CSV that is imported there and passed on to agents.

What is deleted says so in a column of its own; what agents may only show has `disable_checkout`. A sale needs its
first and last day; one that is open at an end is told as the price that is paid.

Source: Stripe documentation, "Catalog feed", section "Product feed field reference".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from merchants.feeds import checkers as are
from merchants.feeds.entries import (
    COLOR_NAMES,
    MATERIAL_NAMES,
    SIZE_NAMES,
    Entry,
    Standing,
)
from merchants.feeds.profiles import delimited, hints
from merchants.feeds.profiles.groups import problems_of_group
from merchants.feeds.profiles.profile import Profile, Record, money_text
from merchants.feeds.rules import Column, Effect, Fault, Problem, Row
from merchants.feeds.seller import Seller
from merchants.feeds.told import ToldItem

TAX_CODE = re.compile(r"txcd_\d{8}")
CUSTOM_OPTIONS = (1, 2, 3)

SERVED = frozenset(
    """AT BE BG CA CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE SI SK
    US""".split()
)
"""Where agents sell through Stripe; a price for every country of the world would be most of each row."""


def _tax_code(value: str, _row: Row) -> Fault | None:
    return (
        None if TAX_CODE.fullmatch(value) else Fault("V-10", "Use one of Stripe's codes, such as txcd_99999999.")
    )


def _sale_price(value: str, row: Row) -> Fault | None:
    if fault := are.sale_price(value, row):
        return fault
    if not row.get("sale_price_effective_date"):
        return Fault("V-17", "Give the sale a first and a last day.")
    return None


def _quantity(value: object, row: Row) -> Fault | None:
    if row.get("inventory_not_tracked") is True:
        return Fault("V-17", "Leave the quantity empty where stock is not counted.")
    return are.whole_number()(value, row)


COLUMNS: tuple[Column, ...] = (
    Column("id", are.identifier(most=100), is_required=True),
    Column("title", are.text(most=150, may_be_cut=True), is_required=True, advice="Give the product a title."),
    Column(
        "description",
        are.text(most=5000, may_be_cut=True),
        is_required=True,
        advice="Describe the product: agents choose by its description.",
    ),
    Column("link", are.address, is_required=True),
    Column(
        "brand",
        are.text(most=70),
        is_required=True,
        advice="Enter the product's brand; if it is your own, your shop's name as the feed's default brand.",
    ),
    Column("gtin", are.gtin),
    Column("mpn", are.text(most=70)),
    Column("image_link", are.picture, is_required=True, advice="Add a picture of it, as JPEG or PNG."),
    Column("additional_image_link", are.pictures, list),
    Column("condition", are.choice("new", "refurbished", "used")),
    Column("product_category", are.text(most=750), is_required=True, advice="Enter the product's category."),
    Column("age_group", are.choice("newborn", "infant", "toddler", "kids", "adult")),
    Column("material", are.text(most=100)),
    Column("length", delimited.measure),
    Column("width", delimited.measure),
    Column("height", delimited.measure),
    Column("weight", delimited.measure),
    Column("item_group_id", are.identifier(most=70)),
    Column("item_group_title", are.text(most=150, may_be_cut=True)),
    Column("color", are.text(most=100)),
    Column("size", are.text(most=20)),
    Column("gender", are.choice("male", "female", "unisex")),
    *(
        Column(f"custom_variant_option_{part}_{number}", are.text(most=255))
        for number in CUSTOM_OPTIONS
        for part in ("name", "value")
    ),
    Column("availability", are.choice("in_stock", "out_of_stock", "preorder", "backorder"), is_required=True),
    Column("inventory_not_tracked", are.flag, bool),
    Column("inventory_quantity", _quantity, int),
    Column("price", are.money(), is_required=True),
    Column("sale_price", _sale_price, refuses=True),
    Column("sale_price_effective_date", are.text(most=51)),
    Column("stripe_product_tax_code", _tax_code),
    Column("tax_behavior", are.choice("inclusive", "exclusive")),
    Column("shipping", are.text(most=20_000)),
    Column("shipping_cost_basis", are.choice("per_order", "per_item")),
    Column("delete", are.flag, bool),
    Column("disable_checkout", are.flag, bool),
)


def row(entry: Entry) -> Row:
    """Say what the feed says of an item."""
    item, goods, seller = entry.item, entry.goods, entry.seller
    days = delimited.sale_days(entry)
    is_off = entry.standing is Standing.OFF
    shipping = _shipping(entry)
    return {
        "id": item.id,
        "title": entry.title,
        "description": entry.description,
        "link": entry.url,
        "brand": entry.brand,
        "gtin": item.gtin,
        "mpn": entry.mpn,
        "image_link": entry.image_url,
        "additional_image_link": list(entry.more_image_urls[:10]) or None,
        "condition": goods.condition,
        "product_category": goods.category,
        "age_group": goods.age_group,
        "material": entry.material,
        "length": delimited.centimeters(item.length_mm),
        "width": delimited.centimeters(item.width_mm),
        "height": delimited.centimeters(item.height_mm),
        "weight": delimited.grams(entry),
        "item_group_id": entry.group_id,
        "item_group_title": goods.title if entry.group_id else None,
        "color": entry.color,
        "size": entry.size,
        "gender": goods.gender,
        **_custom_options(entry),
        "availability": entry.availability,
        "inventory_not_tracked": item.available is None,
        "inventory_quantity": 0 if is_off and item.available is not None else item.available,
        "price": money_text(item.price_minor if days else entry.paid_minor, item.currency),
        "sale_price": money_text(entry.paid_minor, item.currency) if days else None,
        "sale_price_effective_date": days,
        "stripe_product_tax_code": goods.tax_code if TAX_CODE.fullmatch(goods.tax_code) else None,
        "tax_behavior": "inclusive" if seller.are_prices_with_tax else "exclusive",
        "shipping": shipping,
        "shipping_cost_basis": "per_order" if shipping else None,
        "disable_checkout": entry.standing is not Standing.CHECKOUT,
    }


def _custom_options(entry: Entry) -> Row:
    """Return the options that have no column of their own."""
    known = COLOR_NAMES | SIZE_NAMES | MATERIAL_NAMES
    others = [(name, value) for name, value in entry.options if name.casefold() not in known and entry.group_id]
    found: Row = {}
    for number, (name, value) in zip(CUSTOM_OPTIONS, others, strict=False):
        found[f"custom_variant_option_name_{number}"] = name
        found[f"custom_variant_option_value_{number}"] = value
    return found


def _shipping(entry: Entry) -> str:
    return ",".join(
        f"{country}:{part or 'ALL'}:{delimited.service_name(one)}:{one.min_days}-{one.max_days}:{amount}"
        for country, part, one, amount in delimited.deliveries(entry, SERVED | {entry.seller.country})
    )


def gather(rows: Sequence[Row], told: Sequence[ToldItem], seller: Seller) -> list[Record]:  # noqa: ARG001 - as all
    return [*({"id": one.item_id, "delete": True} for one in told), *rows]


def group_problems(rows: Sequence[Row]) -> dict[str, list[Problem]]:
    """Look for what variants owe each other, and for rows that nothing identifies."""
    found = problems_of_group(rows, id_field="id", group_field="item_group_id", options_field=None)
    for one in rows:
        if not (one.get("gtin") or one.get("mpn")):
            text = "Enter its GTIN or the maker's part number; Stripe takes nothing without."
            found.setdefault(one["id"], []).append(Problem("V-08", "mpn", "", text, Effect.REFUSED))
    return found


def advice(entry: Entry) -> list[Problem]:
    found = [*hints.shipping_unknown(entry, "shipping"), *hints.sale_without_window(entry, "sale_price")]
    if not TAX_CODE.fullmatch(entry.goods.tax_code):
        text = "For taxes by Stripe, give the product one of Stripe's tax codes, such as txcd_99999999."
        found.append(hints.hint("V-03", "stripe_product_tax_code", text))
    return found


PROFILE = Profile(
    name="stripe",
    columns=COLUMNS,
    formats=("csv",),
    row=row,
    gather=gather,
    group_problems=group_problems,
    advice=advice,
)
