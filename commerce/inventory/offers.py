"""What can be sold right now: a variant with its product's words, its price and what is left of it.

One statement whatever the number of variants; `tests/inventory` holds it against the ORM's result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commerce.catalog.models import price_at
from commerce.statements import Read, read
from commerce.text import line, visible, web_address

MAX_TITLE = 200
MAX_OPTION = 100
"""What is sold is called no longer than that, whatever the catalog holds."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as a line item sees it, in words that are safe to show. `available` is None where not counted.

    What is sellable but not enabled for checkout is found and priced here, and bought on its own page.
    """

    variant_id: str
    product_id: str
    title: str
    variant_title: str
    options: tuple[tuple[str, str], ...]
    sku: str
    category: str
    url: str
    image_url: str
    tax_code: str
    currency: str
    price_minor: int
    regular_price_minor: int
    is_digital: bool
    weight_grams: int
    available: int | None
    allow_backorder: bool
    max_quantity: int | None
    is_sellable: bool
    is_checkout_enabled: bool


def offers_read(merchant_id: str, variant_ids: Iterable[str]) -> Read:
    """Return the SELECT of a merchant's variants, for `commerce.statements.read`."""
    return Read(_SQL, [list(variant_ids), merchant_id])


def offers_from(rows: Sequence[Mapping[str, Any]], *, now: datetime) -> dict[str, Offer]:
    """Turn the rows of `offers_read` into offers by variant id, with the price of this moment."""
    return {row["id"]: _offer(row, now) for row in rows}


def load_offers(merchant_id: str, variant_ids: Iterable[str], *, now: datetime) -> dict[str, Offer]:
    """Load a merchant's offers by variant id. Ids that are unknown or another merchant's are missing."""
    (rows,) = read(offers_read(merchant_id, variant_ids))
    return offers_from(rows, now=now)


_SQL = """
    SELECT v.id, v.product_id, p.title, v.title AS variant_title, p.option_names, v.option_values, v.sku,
           p.category, p.url, p.tax_code, v.currency, v.price_minor, v.sale_price_minor, v.sale_starts_at,
           v.sale_ends_at, v.is_digital, v.weight_grams, v.max_quantity_per_order,
           v.status = 'active' AND p.status = 'active' AS is_sellable, p.is_checkout_enabled,
           s.on_hand - s.reserved AS available, s.is_tracked, s.allow_backorder,
           (SELECT m.url FROM catalog_media m WHERE m.product_id = p.id
            ORDER BY m.variant_id IS NOT DISTINCT FROM v.id DESC, m.position, m.id LIMIT 1) AS image_url
    FROM (SELECT * FROM catalog_variant WHERE id = ANY(%s::varchar[]) OFFSET 0) v
    JOIN catalog_product p ON p.id = v.product_id
    LEFT JOIN inventory_stockitem s ON s.variant_id = v.id
    WHERE v.merchant_id = %s
"""
# OFFSET keeps the planner from merging the two conditions and walking through all of a merchant's variants.


def _offer(row: Mapping[str, Any], now: datetime) -> Offer:
    regular: int = row["price_minor"]
    price = regular
    if row["sale_price_minor"] is not None:
        price = price_at(
            now,
            regular=regular,
            sale=row["sale_price_minor"],
            starts_at=_instant(row["sale_starts_at"]),
            ends_at=_instant(row["sale_ends_at"]),
        )
    return Offer(
        variant_id=row["id"],
        product_id=row["product_id"],
        title=line(row["title"], MAX_TITLE),
        variant_title=line(row["variant_title"], MAX_TITLE),
        options=tuple(
            (line(name, MAX_OPTION), line(value, MAX_OPTION))
            for name, value in zip(row["option_names"], row["option_values"], strict=False)
        ),
        sku=visible(row["sku"]),
        category=line(row["category"], MAX_TITLE),
        url=web_address(row["url"]),
        image_url=web_address(row["image_url"] or ""),
        tax_code=row["tax_code"],
        currency=row["currency"],
        price_minor=price,
        regular_price_minor=regular,
        is_digital=row["is_digital"],
        weight_grams=row["weight_grams"],
        available=_available(row),
        allow_backorder=bool(row["allow_backorder"]),
        max_quantity=row["max_quantity_per_order"],
        is_sellable=row["is_sellable"],
        is_checkout_enabled=row["is_checkout_enabled"],
    )


def _available(row: Mapping[str, Any]) -> int | None:
    """Return what can be promised: nothing without a stock row, None where stock is not counted."""
    if row["is_tracked"] is None:
        return 0
    return max(row["available"], 0) if row["is_tracked"] else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
