"""What the catalog says of everything a merchant sells, a page of products at a time.

Pages follow the products' handles, so that a reader holds no transaction and no more than a page in memory,
whatever the size of the catalog. What changes meanwhile is noted by `following` and read again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from commerce.catalog.models import price_at

PAGE = 250


@dataclass(frozen=True, slots=True)
class Picture:
    """One of a product's pictures; `variant_id` is empty where it shows the product as such."""

    url: str
    alt: str
    variant_id: str


@dataclass(frozen=True, slots=True)
class Goods:
    """What the variants of a product have in common."""

    id: str
    handle: str
    title: str
    description: str
    brand: str
    category: str
    option_names: tuple[str, ...]
    tax_code: str
    is_checkout_enabled: bool
    condition: str
    gender: str
    age_group: str
    material: str
    has_no_identifier: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A variant for sale. `available` is None where stock is not counted."""

    id: str
    product_id: str
    title: str
    option_values: tuple[str, ...]
    sku: str
    gtin: str
    mpn: str
    price_minor: int
    currency: str
    sale_price_minor: int | None
    sale_starts_at: datetime | None
    sale_ends_at: datetime | None
    is_digital: bool
    weight_grams: int
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    backorders_ship_on: date | None
    available: int | None
    allow_backorder: bool

    def sale_at(self, now: datetime) -> int | None:
        """Return the sale price while its window is open."""
        paid = price_at(
            now,
            regular=self.price_minor,
            sale=self.sale_price_minor,
            starts_at=self.sale_starts_at,
            ends_at=self.sale_ends_at,
        )
        return None if paid == self.price_minor else paid

    def changes_after(self, now: datetime) -> datetime | None:
        """Return when a sale next begins or ends by itself."""
        if self.sale_price_minor is None:
            return None
        return min((at for at in (self.sale_starts_at, self.sale_ends_at) if at and at > now), default=None)


@dataclass(frozen=True, slots=True)
class Group:
    """A product with its pictures and its variants for sale, in their order."""

    goods: Goods
    pictures: tuple[Picture, ...]
    items: tuple[Item, ...]


def read_catalog(merchant_id: str, *, page: int = PAGE) -> Iterator[list[Group]]:
    """Yield all of a merchant's products for sale that have a variant for sale, in the order of their handles."""
    after = ""
    while rows := _fetch(_PAGE, [merchant_id, after, page]):
        after = rows[-1][1]
        if groups := _groups(rows):
            yield groups


def read_products(merchant_id: str, product_ids: Collection[str]) -> list[Group]:
    """Return some of a merchant's products for sale; what is not for sale is missing."""
    return _groups(_fetch(_CHOSEN, [merchant_id, list(product_ids)])) if product_ids else []


_COLUMNS = """
    SELECT id, handle, title, description, brand, category, option_names, tax_code, is_checkout_enabled,
           condition, gender, age_group, material, has_no_identifier
    FROM catalog_product WHERE merchant_id = %s AND status = 'active' AND
"""
_PAGE = f"{_COLUMNS} handle > %s ORDER BY handle LIMIT %s"
_CHOSEN = f"{_COLUMNS} id = ANY(%s::varchar[]) ORDER BY handle"

_ITEMS = """
    SELECT v.id, v.product_id, v.title, v.option_values, v.sku, v.gtin, v.mpn, v.price_minor, v.currency,
           v.sale_price_minor, v.sale_starts_at, v.sale_ends_at, v.is_digital, v.weight_grams, v.length_mm,
           v.width_mm, v.height_mm, v.backorders_ship_on,
           CASE WHEN s.is_tracked IS NULL THEN 0 WHEN s.is_tracked THEN greatest(s.on_hand - s.reserved, 0) END,
           coalesce(s.allow_backorder, false)
    FROM catalog_variant v LEFT JOIN inventory_stockitem s ON s.variant_id = v.id
    WHERE v.product_id = ANY(%s::varchar[]) AND v.status = 'active'
    ORDER BY v.product_id, v.position, v.id
"""

_PICTURES = """
    SELECT product_id, url, alt, coalesce(variant_id, '') FROM catalog_media
    WHERE product_id = ANY(%s::varchar[]) ORDER BY product_id, position, id
"""


def _groups(rows: Sequence[tuple[Any, ...]]) -> list[Group]:
    ids = [row[0] for row in rows]
    items: defaultdict[str, list[Item]] = defaultdict(list)
    for columns in _fetch(_ITEMS, [ids]):
        items[columns[1]].append(_item(*columns))
    pictures: defaultdict[str, list[Picture]] = defaultdict(list)
    for product_id, url, alt, variant_id in _fetch(_PICTURES, [ids]):
        pictures[product_id].append(Picture(url, alt, variant_id))
    return [
        Group(
            _goods(*row),
            tuple(pictures.get(row[0], ())),
            tuple(items[row[0]]),
        )
        for row in rows
        if row[0] in items
    ]


def _item(*columns: Any) -> Item:
    values: list[Any] = list(columns)
    values[3] = tuple(values[3])
    return Item(*values)


def _goods(*columns: Any) -> Goods:
    values: list[Any] = list(columns)
    values[6] = tuple(values[6])
    return Goods(*values)


def _fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
