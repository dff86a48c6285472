"""A feed in the format of Google's product data, for platforms that have agreed to read it.

Everything in it can be found, nothing is sold by agents; what is not sold any more is simply missing. Caps on
titles and descriptions are hard, a wrong sale price refuses the row, and dates of a sale schedule nothing.

Source: Google Merchant Center Help, "Product data specification"; OpenAI, "Google-compatible feeds".
"""

from __future__ import annotations

from collections.abc import Sequence

from merchants.feeds import checkers as are
from merchants.feeds.entries import BACKORDER, Entry, Standing
from merchants.feeds.profiles import delimited, hints
from merchants.feeds.profiles.groups import problems_of_group
from merchants.feeds.profiles.profile import Profile, Record, money_text
from merchants.feeds.rules import Column, Effect, Fault, Problem, Row
from merchants.feeds.seller import Seller
from merchants.feeds.told import ToldItem

AVAILABILITY = ("in_stock", "out_of_stock", "preorder", "backorder")
RESTRICTED_PREFIXES = ("02", "04", "05", "2", "98", "99")
"""Prefixes of numbers that shops and coupons give out themselves; the platform takes none of them."""


def _availability(value: str, row: Row) -> Fault | None:
    if value not in AVAILABILITY:
        return are.choice(*AVAILABILITY)(value, row)
    if value in ("preorder", "backorder") and not row.get("availability_date"):
        advice = (
            "Enter the day on which backordered units leave, at the variant; without it this cannot be listed."
        )
        return Fault("V-17", advice)
    return None


def _gtin(value: str, row: Row) -> Fault | None:
    if fault := are.gtin(value, row):
        return fault
    if value.zfill(14)[1:].startswith(RESTRICTED_PREFIXES):
        return Fault("V-11", "Numbers with this beginning are a shop's own and no GTIN; enter the maker's.")
    return None


COLUMNS: tuple[Column, ...] = (
    Column("id", are.identifier(most=50), is_required=True),
    Column("title", are.text(most=150, may_be_cut=True), is_required=True, advice="Give the product a title."),
    Column(
        "description",
        are.text(most=5000, may_be_cut=True),
        is_required=True,
        advice="Describe the product: agents choose by its description.",
    ),
    Column("link", are.address, is_required=True),
    Column("image_link", are.picture, is_required=True, advice="Add a picture of it, as JPEG or PNG."),
    Column("additional_image_link", are.pictures, list),
    Column("availability", _availability, is_required=True),
    Column("availability_date", are.text(most=25)),
    Column("price", are.money(), is_required=True),
    Column("sale_price", are.sale_price, refuses=True),
    Column("sale_price_effective_date", are.text(most=51)),
    Column(
        "brand",
        are.text(most=70),
        is_required=True,
        advice="Enter the product's brand; if it is your own, your shop's name as the feed's default brand.",
    ),
    Column("gtin", _gtin),
    Column("mpn", are.text(most=70)),
    Column("identifier_exists", are.choice("yes", "no")),
    Column("condition", are.choice("new", "refurbished", "used")),
    Column("product_type", are.text(most=750)),
    Column("item_group_id", are.identifier(most=50)),
    Column("color", are.text(most=100)),
    Column("size", are.text(most=100)),
    Column("material", are.text(most=200)),
    Column("gender", are.choice("male", "female", "unisex")),
    Column("age_group", are.choice("newborn", "infant", "toddler", "kids", "adult")),
    Column("product_length", delimited.measure),
    Column("product_width", delimited.measure),
    Column("product_height", delimited.measure),
    Column("product_weight", delimited.measure),
    Column("shipping", are.text(most=5000)),
)


def row(entry: Entry) -> Row | None:
    """Say what the feed says of an item, None where agents may not even show it."""
    if entry.standing is Standing.OFF:
        return None
    item, goods = entry.item, entry.goods
    late = entry.backorders_ship_on
    return {
        "id": item.id,
        "title": entry.title,
        "description": entry.description,
        "link": entry.url,
        "image_link": entry.image_url,
        "additional_image_link": list(entry.more_image_urls[:10]) or None,
        "availability": entry.availability,
        "availability_date": late.isoformat() if late and entry.availability == BACKORDER else None,
        "price": money_text(item.price_minor, item.currency),
        "sale_price": None if entry.sale_minor is None else money_text(entry.sale_minor, item.currency),
        "sale_price_effective_date": delimited.sale_moments(entry),
        "brand": entry.brand,
        "gtin": item.gtin,
        "mpn": entry.mpn,
        "identifier_exists": "no" if goods.has_no_identifier and not item.gtin and not entry.mpn else None,
        "condition": goods.condition,
        "product_type": goods.category,
        "item_group_id": entry.group_id,
        "color": entry.color,
        "size": entry.size,
        "material": entry.material,
        "gender": goods.gender,
        "age_group": goods.age_group,
        "product_length": delimited.centimeters(item.length_mm),
        "product_width": delimited.centimeters(item.width_mm),
        "product_height": delimited.centimeters(item.height_mm),
        "product_weight": delimited.grams(entry),
        "shipping": ",".join(
            f"{country}:{part}:{delimited.service_name(one)}:{amount}"
            for country, part, one, amount in delimited.deliveries(
                entry, {entry.seller.country, entry.seller.target_country}
            )
        ),
    }


def _served(seller: Seller) -> tuple[str, str]:
    return seller.country, seller.target_country


def gather(rows: Sequence[Row], told: Sequence[ToldItem], seller: Seller) -> list[Record]:  # noqa: ARG001 - as all
    return list(rows)


def group_problems(rows: Sequence[Row]) -> dict[str, list[Problem]]:
    """Look for what variants owe each other, and for rows that nothing identifies."""
    found = problems_of_group(rows, id_field="id", group_field="item_group_id", options_field=None)
    for one in rows:
        if not (one.get("gtin") or one.get("mpn") or one.get("identifier_exists") == "no"):
            advice = (
                "Enter its GTIN or the maker's part number; if nobody ever gave it one, say so at the product."
            )
            found.setdefault(one["id"], []).append(Problem("V-08", "gtin", "", advice, Effect.REFUSED))
    return found


def advice(entry: Entry) -> list[Problem]:
    return hints.shipping_unknown(entry, "shipping")


PROFILE = Profile(
    name="google",
    columns=COLUMNS,
    formats=("tsv.gz", "csv.gz", "tsv", "csv"),
    row=row,
    gather=gather,
    group_problems=group_problems,
    advice=advice,
    tells_what_is_gone=False,
)
