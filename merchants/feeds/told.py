"""What is known of items that a feed told of and that are gone from the catalog, or cannot be told of any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

KEPT = timedelta(days=30)
"""How long an item is told to be gone. Platforms keep what is merely missing for up to 14 days."""

PAGE = 1000


@dataclass(frozen=True, slots=True)
class ToldItem:
    """An item as it was last published."""

    item_id: str
    product_id: str
    title: str
    url: str
    image_url: str
    brand: str
    currency: str
    price_minor: int


def items_gone(feed_id: str, *, now: datetime, whole_products: bool) -> Iterator[ToldItem]:
    """Yield what was told of and is not for sale any more; only what has lost its product if `whole_products`."""
    after = ""
    sql = _GONE + (_PRODUCT_GONE if whole_products else _ITEM_GONE) + _NEXT_PAGE
    while found := _fetch(sql, [feed_id, now - KEPT, after, PAGE]):
        yield from found
        after = found[-1].item_id


def items_told(feed_id: str, product_ids: Collection[str], *, now: datetime) -> list[ToldItem]:
    """Return what was told of some products and has not been gone for too long."""
    return _fetch(f"{_GONE} AND t.product_id = ANY(%s::varchar[])", [feed_id, now - KEPT, list(product_ids)])


_GONE = """
    SELECT t.item_id, t.product_id, t.title, t.url, t.image_url, t.brand, t.currency, t.price_minor
    FROM feeds_publisheditem t
    WHERE t.feed_id = %s AND (t.state IN ('checkout', 'discovery') OR t.gone_at > %s)
"""
_NEXT_PAGE = " AND t.item_id > %s ORDER BY t.item_id LIMIT %s"
_ITEM_GONE = """
    AND NOT EXISTS (
        SELECT 1 FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
        WHERE v.id = t.item_id AND v.status = 'active' AND p.status = 'active')
"""
_PRODUCT_GONE = """
    AND NOT EXISTS (
        SELECT 1 FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id
        WHERE p.id = t.product_id AND v.status = 'active' AND p.status = 'active')
"""


def _fetch(sql: str, params: Sequence[Any]) -> list[ToldItem]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [ToldItem(*row) for row in cursor.fetchall()]
