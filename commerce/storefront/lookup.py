"""Products by what somebody already knows of them: ids, SKUs, GTINs and handles, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from commerce.storefront.listing import Listing, load_listings


class Status(StrEnum):
    """What became of one key. Of a draft nobody hears: it is not carried."""

    FOUND = "found"
    NO_LONGER_SOLD = "no_longer_sold"
    NOT_CARRIED = "not_carried"


class By(StrEnum):
    """`id` is a product's or a variant's."""

    ID = "id"
    SKU = "sku"
    GTIN = "gtin"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True)
class Key:
    by: By
    value: str


@dataclass(frozen=True, slots=True)
class Match:
    """What a key names: a product and, unless the key means the whole product, the variants of it."""

    key: Key
    status: Status
    product_ids: tuple[str, ...] = ()
    variant_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A match for each key, in their order, and the products on show that they name, each once."""

    matches: tuple[Match, ...]
    listings: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    place: int
    product_id: str
    variant_id: str
    is_whole: bool
    is_for_sale: bool


def look_up(merchant_id: str, keys: Sequence[Key], *, now: datetime) -> LookedUp:
    """Find out what each key names at a merchant's. Two statements, however many keys."""
    rows = _rows(merchant_id, keys)
    wanted: dict[str, list[str]] = {}
    for row in rows:
        if row.is_for_sale:
            wanted.setdefault(row.product_id, []).append(row.variant_id)
    unique = {product_id: list(dict.fromkeys(ids)) for product_id, ids in wanted.items()}
    listings = load_listings(merchant_id, unique, now=now) if unique else ()
    matches = (_match(key, [row for row in rows if row.place == place]) for place, key in enumerate(keys, 1))
    return LookedUp(tuple(matches), listings)


def product_listing(
    merchant_id: str, *, product_id: str = "", handle: str = "", variant_id: str = "", now: datetime
) -> Listing | None:
    """Load the product on show of that id, that handle or that variant, with all its active variants."""
    sql = _PRODUCT.format(condition="p.id = %s" if product_id else "p.handle = %s" if handle else _HAS_VARIANT)
    with connection.cursor() as cursor:
        cursor.execute(sql, [merchant_id, product_id or handle or variant_id])
        row = cursor.fetchone()
    if row is None or not row[1]:
        return None
    return load_listings(merchant_id, {row[0]: row[1]}, now=now)[0]


def _match(key: Key, rows: Sequence[_Row]) -> Match:
    sold = [row for row in rows if row.is_for_sale]
    if not sold:
        return Match(key, Status.NO_LONGER_SOLD if rows else Status.NOT_CARRIED)
    return Match(
        key,
        Status.FOUND,
        product_ids=tuple(dict.fromkeys(row.product_id for row in sold)),
        variant_ids=tuple(row.variant_id for row in sold if not row.is_whole),
    )


def _rows(merchant_id: str, keys: Sequence[Key]) -> list[_Row]:
    given = [(place, str(key.by), spelling) for place, key in enumerate(keys, 1) for spelling in _spellings(key)]
    columns: list[Any] = [list(column) for column in zip(*given, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [*columns, *[merchant_id] * 4])
        return [_Row(*row) for row in cursor.fetchall()]


def _spellings(key: Key) -> tuple[str, ...]:
    """Return how the same GTIN may be written: with 8, 12, 13 or 14 digits, zeros ahead."""
    if key.by is not By.GTIN or not key.value.isdigit():
        return (key.value,)
    bare = key.value.lstrip("0")
    return tuple(bare.zfill(digits) for digits in (8, 12, 13, 14) if len(bare) <= digits) or (key.value,)


_VARIANT = "SELECT k.place, v.product_id, v.id AS variant_id, false AS is_whole FROM k JOIN catalog_variant v"
_PRODUCT_ID = "SELECT k.place, p.id AS product_id FROM k JOIN catalog_product p"

_KEYS = f"""
    WITH k AS MATERIALIZED (
        SELECT * FROM unnest(%s::int[], %s::text[], %s::varchar[]) AS k (place, kind, value)
    ), named AS (
        {_VARIANT} ON v.id = k.value WHERE k.kind = 'id'
        UNION {_VARIANT} ON v.merchant_id = %s AND v.sku = k.value AND k.value <> '' WHERE k.kind = 'sku'
        UNION {_VARIANT} ON v.merchant_id = %s AND v.gtin = k.value AND NOT v.gtin = '' WHERE k.kind = 'gtin'
        UNION
        SELECT whole.place, v.product_id, v.id, true
        FROM (
            {_PRODUCT_ID} ON p.id = k.value WHERE k.kind = 'id'
            UNION {_PRODUCT_ID} ON p.merchant_id = %s AND p.handle = k.value WHERE k.kind = 'handle'
        ) whole JOIN catalog_variant v ON v.product_id = whole.product_id
    )
    SELECT n.place, n.product_id, n.variant_id, n.is_whole, v.status = 'active' AND p.status = 'active'
    FROM named n JOIN catalog_variant v ON v.id = n.variant_id JOIN catalog_product p ON p.id = n.product_id
    WHERE p.merchant_id = %s AND p.status <> 'draft'
    ORDER BY n.place, n.product_id, v.position, n.variant_id
"""

_HAS_VARIANT = """
    p.id = (SELECT product_id FROM catalog_variant WHERE id = %s AND status = 'active')
"""

_PRODUCT = """
    SELECT p.id, ARRAY(SELECT v.id FROM catalog_variant v WHERE v.product_id = p.id AND v.status = 'active'
                       ORDER BY v.position, v.id)
    FROM catalog_product p WHERE p.merchant_id = %s AND p.status = 'active' AND {condition}
"""
