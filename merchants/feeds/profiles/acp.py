"""The feed of the Agentic Commerce Protocol, version 2026-04-17: products with their variants.

A price is what is paid now, in minor units; the regular price stands beside it while a sale lasts. `available`
says whether agents can buy it here: what they may only show is not, however much of it is in stock.

Source: ACP 2026-04-17, `schema.feed.json` and the RFC on product feeds (sections 3.2, 3.4 and 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from merchants.feeds import checkers as are
from merchants.feeds.entries import OUT_OF_STOCK, Entry, Standing
from merchants.feeds.profiles.groups import problems_of_group
from merchants.feeds.profiles.profile import Profile, Record
from merchants.feeds.rules import Column, Problem, Row
from merchants.feeds.seller import Seller
from merchants.feeds.told import ToldItem

VERSION = "2026-04-17"

MAX_TITLE = 500

COLUMNS: tuple[Column, ...] = (
    Column("id", are.identifier(most=100), is_required=True),
    Column(
        "title", are.text(most=MAX_TITLE, may_be_cut=True), is_required=True, advice="Give the product a title."
    ),
    Column("product_title", are.text(most=MAX_TITLE, may_be_cut=True), is_required=True),
    Column("description", are.text(most=20_000, may_be_cut=True)),
    Column("url", are.address, is_required=True),
    Column("price_minor", are.whole_number(), int, is_required=True),
    Column("image_url", are.picture),
    Column("more_image_urls", are.pictures, list),
    Column("gtin", are.gtin),
    Column("category", are.text(most=750)),
    Column("condition", are.choice("new", "refurbished", "used")),
    Column("options", are.pairs, dict, refuses=True),
    Column("links", are.pairs, dict),
)

_LINK_TITLES = {
    "privacy_policy": "Privacy policy",
    "terms_of_service": "Terms of service",
    "refund_policy": "Returns",
    "shipping_policy": "Shipping",
    "faq": "Help",
}


def row(entry: Entry) -> Row:
    """Say what the feed says of a variant, flat as the rules look at it; `gather` gives it its shape."""
    item, goods, seller = entry.item, entry.goods, entry.seller
    return {
        "id": item.id,
        "product_id": goods.id,
        "product_title": goods.title,
        "title": entry.title,
        "description": entry.description,
        "url": entry.url,
        "currency": item.currency.upper(),
        "price_minor": entry.paid_minor,
        "list_price_minor": item.price_minor if entry.sale_minor is not None else None,
        "available": entry.standing is Standing.CHECKOUT and entry.availability != OUT_OF_STOCK,
        "status": entry.availability,
        "image_url": entry.image_url,
        "more_image_urls": list(entry.more_image_urls) or None,
        "gtin": item.gtin,
        "category": goods.category,
        "condition": goods.condition,
        "group_id": entry.group_id,
        "options": dict(entry.options) or None,
        "seller_name": seller.name,
        "links": _links(seller) or None,
    }


def _links(seller: Seller) -> dict[str, str]:
    links = {
        "privacy_policy": seller.privacy_url,
        "terms_of_service": seller.terms_url,
        "refund_policy": seller.return_policy_url,
        "shipping_policy": seller.shipping_policy_url,
        "faq": seller.help_center_url,
    }
    return {kind: url for kind, url in links.items() if url and are.address(url, {}) is None}


def gather(rows: Sequence[Row], told: Sequence[ToldItem], seller: Seller) -> list[Record]:  # noqa: ARG001 - as all
    """Make one product of its variants; those that are gone stay in it as discontinued."""
    variants = [*(_variant(one) for one in rows), *(_discontinued(one) for one in told)]
    if not variants:
        return []
    if not rows:
        return [{"id": told[0].product_id, "variants": variants}]
    first = rows[0]
    product: Record = {"id": first["product_id"], "title": first["product_title"]}
    if "description" in first:
        product["description"] = {"plain": first["description"]}
    if media := _media(first):
        product["media"] = media[:1]
    return [{**product, "variants": variants}]


def _variant(row: Row) -> Record:
    variant: Record = {
        "id": row["id"],
        "title": row["title"],
        "url": row["url"],
        "price": {"amount": row["price_minor"], "currency": row["currency"]},
        "availability": {"available": row["available"], "status": row["status"]},
        "seller": {"name": row["seller_name"], "links": _links_of(row)},
    }
    if row.get("list_price_minor") is not None:
        variant["list_price"] = {"amount": row["list_price_minor"], "currency": row["currency"]}
    if row.get("gtin"):
        variant["barcodes"] = [{"type": "GTIN", "value": row["gtin"]}]
    if row.get("category"):
        variant["categories"] = [{"value": row["category"], "taxonomy": "merchant"}]
    if row.get("condition"):
        variant["condition"] = [row["condition"]]
    if row.get("options"):
        variant["variant_options"] = [{"name": name, "value": value} for name, value in row["options"].items()]
    if media := _media(row):
        variant["media"] = media
    return variant


def _media(row: Row) -> list[dict[str, Any]]:
    urls = [row.get("image_url"), *row.get("more_image_urls", [])]
    return [{"type": "image", "url": url} for url in urls if url]


def _links_of(row: Row) -> list[dict[str, str]]:
    return [{"type": kind, "title": _LINK_TITLES[kind], "url": url} for kind, url in row.get("links", {}).items()]


def _discontinued(told: ToldItem) -> Record:
    return {
        "id": told.item_id,
        "title": are.shortened(told.title, MAX_TITLE),
        "availability": {"available": False, "status": "discontinued"},
    }


def group_problems(rows: Sequence[Row]) -> dict[str, list[Problem]]:
    return problems_of_group(rows, id_field="id", group_field="group_id", options_field="options")


def advice(_entry: Entry) -> list[Problem]:
    return []


def metadata(seller: Seller) -> Record:
    """Return what describes the feed itself."""
    about = {"id": seller.remote_id or seller.feed_id}
    return {**about, "target_country": seller.target_country} if seller.target_country else about


def extras(seller: Seller) -> dict[str, bytes]:
    return {"metadata.json": orjson.dumps(metadata(seller))}


PROFILE = Profile(
    name="acp",
    columns=COLUMNS,
    formats=("jsonl",),
    row=row,
    gather=gather,
    group_problems=group_problems,
    advice=advice,
    extras=extras,
    is_nested=True,
)
