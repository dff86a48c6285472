"""OpenAI's product feed, generation of autumn 2026: nine required fields, the others where they are known.

Source: developers.openai.com/commerce, "Products" of the file upload specification. Older generations cut
shorter; their caps are kept, because they cost nothing. A sale price that the platform would ignore refuses the
row, because the row would then name a price that nobody pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from merchants.feeds import checkers as are
from merchants.feeds.entries import COLOR_NAMES, MATERIAL_NAMES, OUT_OF_STOCK, SIZE_NAMES, Entry, Standing
from merchants.feeds.profiles import hints
from merchants.feeds.profiles.groups import problems_of_group
from merchants.feeds.profiles.profile import Profile, Record, money_text
from merchants.feeds.rules import Column, Fault, Problem, Row
from merchants.feeds.seller import Seller
from merchants.feeds.told import ToldItem

AVAILABILITY = ("in_stock", "out_of_stock", "pre_order", "backorder", "unknown")
TARGETS = frozenset(("US", "CA", "MX"))
MAX_TITLE = 150
LENGTH_UNITS = ("in", "cm", "ft", "m", "mm")
SIZE_SYSTEMS = ("US", "UK", "EU", "DE", "FR", "JP", "CN", "IT", "BR", "MEX", "AU")


def _dimensions(value: object, row: Row) -> Fault | None:
    """Two or three measures and their unit, and nothing else."""
    sizes = {"length", "width", "height"}
    if not isinstance(value, dict) or set(value) - sizes - {"unit"} or len(sizes & set(value)) < 2:
        return Fault("V-14", "Give at least two of length, width and height, and their unit.")
    if any(are.decimal_above_zero(str(value[name]), row) for name in sizes & set(value)):
        return Fault("V-13", "Write measures as numbers above zero.")
    return None if value.get("unit") in LENGTH_UNITS else Fault("V-14", f"Use one of: {', '.join(LENGTH_UNITS)}.")


def _split_measure(value: str, row: Row) -> Fault | None:
    if fault := are.decimal_above_zero(value, row):
        return fault
    is_whole = row.get("dimensions_unit") and sum(bool(row.get(one)) for one in ("length", "width", "height")) > 1
    return (
        None if is_whole else Fault("V-14", "Give at least two of length, width and height, and dimensions_unit.")
    )


def _weight(value: str, row: Row) -> Fault | None:
    if fault := are.decimal_above_zero(value, row):
        return fault
    return None if row.get("item_weight_unit") else Fault("V-14", "Say in which unit: g, kg, oz or lb.")


def _unit(*units: str, of: tuple[str, ...]) -> Any:
    is_known = are.choice(*units, rule="V-14")

    def check(value: str, row: Row) -> Fault | None:
        if not any(row.get(name) for name in of):
            return Fault("V-17", f"Leave the unit out where there is no {' or '.join(of)}.")
        return is_known(value, row)

    return check


def _checkout(value: object, row: Row) -> Fault | None:
    """Whether agents may sell it: only what can be found, and only with the seller's terms beside it."""
    if fault := are.flag(value, row):
        return fault
    if value is False:
        return None
    if row.get("is_eligible_search") is False:
        return Fault("V-17", "What agents cannot find they cannot sell either.", mended=False)
    missing = [name for name in ("seller_privacy_policy", "seller_tos") if not row.get(name)]
    if missing:
        advice = "Give the shop addresses of its terms and its privacy policy; until then agents only show this."
        return Fault("V-16", advice, mended=False)
    return None


def _only_with_returns(value: object, row: Row) -> Fault | None:
    if fault := are.whole_number(least=1)(value, row):
        return fault
    return None if row.get("accepts_returns") is True else Fault("V-17", "Only what is taken back has a deadline.")


def _shipping_price(value: str, row: Row) -> Fault | None:
    if row.get("shipping"):
        return Fault("V-17", "Give shipping_price or shipping, not both.")
    parsed, price = are.parse_money(value), are.parse_money(row.get("price", ""))
    if parsed is None or (price and parsed[1] != price[1]):
        return Fault("V-06", "Write it like the price, in the same currency: 5.00 USD.")
    return None


def _shipping(value: str, row: Row) -> Fault | None:
    entries = [one.split(":") for one in value.split(",")]
    is_fine = all(len(one) == 4 and not are.country(one[0].strip(), {}) and one[2].strip() for one in entries)
    amounts = [are.parse_money(one[3].strip()) for one in entries] if is_fine else [None]
    if None in amounts:
        return Fault("V-10", "Write country:region:service:price, such as US::Standard:5.00 USD.")
    price = are.parse_money(row.get("price", ""))
    if price and {amount[1] for amount in amounts if amount} != {price[1]}:
        return Fault("V-06", "Write what shipping costs in the currency of the price.")
    return None


def _marketplace(value: str, row: Row) -> Fault | None:
    if value.strip().casefold() == str(row.get("seller_name", "")).strip().casefold():
        return Fault("V-17", "Name the marketplace, or leave it out where the seller's own shop sells it.")
    return are.text(most=70)(value, row)


def _store_reviews(value: object, row: Row) -> Fault | None:
    if fault := are.whole_number()(value, row):
        return fault
    return None if row.get("store_star_rating") else Fault("V-17", "Give it together with store_star_rating.")


def _group(value: str, row: Row) -> Fault | None:
    """What a group is called. Where there are options, what is missing beside them is said there."""
    if fault := are.identifier(most=100)(value, row):
        return fault
    if row.get("listing_has_variations") is True or row.get("variant_dict"):
        return None
    return Fault("V-20", "A group counts only with listing_has_variations and variant_dict.")


def _has_variations(value: object, row: Row) -> Fault | None:
    if fault := are.flag(value, row):
        return fault
    if value is True and not row.get("variant_dict"):
        return Fault("V-20", "Give variant_dict: the options by which the variants differ.")
    return None


def _variants(value: object, row: Row) -> Fault | None:
    if fault := are.pairs(value, row):
        return fault
    if not row.get("group_id") or row.get("listing_has_variations") is not True:
        return Fault("V-20", "Options count only with group_id and listing_has_variations.")
    return None


COLUMNS: tuple[Column, ...] = (
    Column("item_id", are.identifier(most=100), is_required=True),
    Column(
        "title", are.text(most=MAX_TITLE, may_be_cut=True), is_required=True, advice="Give the product a title."
    ),
    Column(
        "description",
        are.text(most=5000, may_be_cut=True),
        is_required=True,
        advice="Describe the product: agents choose by its description.",
    ),
    Column("url", are.address, is_required=True),
    Column(
        "brand",
        are.text(most=70),
        is_required=True,
        advice="Enter the product's brand; if it is your own, your shop's name as the feed's default brand.",
    ),
    Column("seller_name", are.text(most=70), is_required=True),
    Column("image_url", are.picture, is_required=True, advice="Add a picture of it, as JPEG or PNG."),
    Column("availability", are.choice(*AVAILABILITY), is_required=True),
    Column("price", are.money(), is_required=True),
    Column("is_eligible_search", are.flag, bool),
    Column("seller_privacy_policy", are.address),
    Column("seller_tos", are.address),
    Column("is_eligible_checkout", _checkout, bool),
    Column("is_ads_eligible", are.flag, bool),
    Column("ads_metadata", are.pairs, dict),
    Column("group_id", _group),
    Column("listing_has_variations", _has_variations, bool),
    Column("variant_dict", _variants, dict, refuses=True),
    Column("offer_id", are.identifier(most=100)),
    Column("gtin", are.gtin),
    Column("mpn", are.text(most=70)),
    Column("condition", are.choice("new", "refurbished", "used")),
    Column("product_category", are.text(most=750)),
    Column("material", are.agreeing(*MATERIAL_NAMES, most=100)),
    Column("color", are.agreeing(*COLOR_NAMES, most=40)),
    Column("size", are.agreeing(*SIZE_NAMES, most=20)),
    Column("size_system", are.choice(*SIZE_SYSTEMS)),
    Column("gender", are.choice("male", "female", "unisex")),
    Column("age_group", are.choice("newborn", "infant", "toddler", "kids", "adult")),
    Column("dimensions", _dimensions, dict),
    Column("dimensions_unit", _unit(*LENGTH_UNITS, of=("length", "width", "height"))),
    Column("length", _split_measure),
    Column("width", _split_measure),
    Column("height", _split_measure),
    Column("item_weight_unit", _unit("g", "kg", "oz", "lb", of=("weight",))),
    Column("weight", _weight),
    Column("additional_image_urls", are.pictures, list),
    Column("sale_price", are.sale_price, refuses=True),
    Column("seller_url", are.address),
    Column("shipping_price", _shipping_price),
    Column("shipping", _shipping),
    Column("accepts_returns", are.flag, bool),
    Column("return_deadline_in_days", _only_with_returns, int),
    Column("accepts_exchanges", are.flag, bool),
    Column("return_policy", are.address),
    Column("review_count", are.whole_number(), int),
    Column("store_review_count", _store_reviews, int),
    Column("star_rating", are.rating(count="review_count")),
    Column("store_star_rating", are.rating(count="store_review_count")),
    Column("marketplace_seller", _marketplace),
    Column("is_digital", are.flag, bool),
    Column("target_countries", are.countries(TARGETS), list),
    Column("store_country", are.country),
)


def row(entry: Entry) -> Row:
    """Say what the feed says of an item. What is not known is None and left out."""
    item, goods, seller = entry.item, entry.goods, entry.seller
    is_found = entry.standing is not Standing.OFF
    is_grouped = bool(entry.group_id)
    return_days = 0 if item.is_digital else seller.return_days
    return {
        "item_id": item.id,
        "title": entry.title,
        "description": entry.description,
        "url": entry.url,
        "brand": entry.brand,
        "seller_name": seller.name,
        "image_url": entry.image_url,
        "availability": entry.availability,
        "price": money_text(item.price_minor, item.currency),
        "is_eligible_search": is_found,
        "seller_privacy_policy": seller.privacy_url,
        "seller_tos": seller.terms_url,
        "is_eligible_checkout": entry.standing is Standing.CHECKOUT,
        "group_id": entry.group_id,
        "listing_has_variations": True if is_grouped else None,
        "variant_dict": dict(entry.options) if is_grouped and entry.options else None,
        "gtin": item.gtin,
        "mpn": entry.mpn,
        "condition": goods.condition,
        "product_category": goods.category,
        "material": entry.material,
        "color": entry.color,
        "size": entry.size,
        "gender": goods.gender,
        "age_group": goods.age_group,
        "dimensions": _known_dimensions(entry),
        "item_weight_unit": "g" if item.weight_grams and not item.is_digital else None,
        "weight": str(item.weight_grams) if item.weight_grams and not item.is_digital else None,
        "additional_image_urls": list(entry.more_image_urls[:10]) or None,
        "sale_price": None if entry.sale_minor is None else money_text(entry.sale_minor, item.currency),
        "shipping_price": None
        if entry.shipping_minor is None
        else money_text(entry.shipping_minor, item.currency),
        "accepts_returns": return_days > 0,
        "return_deadline_in_days": return_days or None,
        "return_policy": seller.return_policy_url,
        "is_digital": item.is_digital,
        "target_countries": sorted(seller.countries_served & TARGETS) or None,
        "store_country": seller.country,
    }


def _known_dimensions(entry: Entry) -> dict[str, str] | None:
    item = entry.item
    sizes = {"length": item.length_mm, "width": item.width_mm, "height": item.height_mm}
    known = {name: str(size) for name, size in sizes.items() if size}
    return {**known, "unit": "mm"} if len(known) > 1 else None


def gone(told: ToldItem, seller: Seller) -> Record:
    """Say that an item is not sold any more, so that it disappears at once and not after two weeks."""
    return {
        "item_id": told.item_id,
        "title": are.shortened(told.title, MAX_TITLE),
        "description": "No longer sold.",
        "url": told.url,
        "brand": told.brand,
        "seller_name": seller.name,
        "image_url": told.image_url,
        "availability": OUT_OF_STOCK,
        "price": money_text(told.price_minor, told.currency),
        "is_eligible_search": False,
        "is_eligible_checkout": False,
    }


def gather(rows: Sequence[Row], told: Sequence[ToldItem], seller: Seller) -> list[Record]:
    return [*(gone(one, seller) for one in told), *rows]


def group_problems(rows: Sequence[Row]) -> dict[str, list[Problem]]:
    return problems_of_group(rows, id_field="item_id", group_field="group_id", options_field="variant_dict")


def advice(entry: Entry) -> list[Problem]:
    """Say what would help although nothing is wrong."""
    return hints.shipping_unknown(entry, "shipping_price")


PROFILE = Profile(
    name="openai",
    columns=COLUMNS,
    formats=("parquet", "jsonl.gz", "csv.gz", "tsv.gz"),
    row=row,
    gather=gather,
    group_problems=group_problems,
    advice=advice,
    id_field="item_id",
    group_field="group_id",
)
