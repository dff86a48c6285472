"""By what a search could be narrowed: how many products have which brand, category, tag, condition, option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from commerce.storefront.sql import CONDITION, PRICE_NOW, Search
from commerce.storefront.wanted import Wanted

MAX_PRODUCTS = 5000
MAX_VALUES = 20
MAX_OPTION_NAMES = 10


@dataclass(frozen=True, slots=True)
class Count:
    value: str
    products: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts of products, the most frequent values first. Prices are minor units of matching variants.

    Where more than MAX_PRODUCTS match, only so many are counted, and the counts are not complete.
    """

    products: int
    is_complete: bool
    price_min: int | None
    price_max: int | None
    brands: tuple[Count, ...]
    categories: tuple[Count, ...]
    tags: tuple[Count, ...]
    options: tuple[tuple[str, tuple[Count, ...]], ...]
    conditions: tuple[Count, ...]


def facets(merchant_id: str, wanted: Wanted, *, now: datetime) -> Facets:
    """Count what a search finds, all pages together. One statement."""
    search = Search.of(wanted, merchant_id=merchant_id, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_statement(search), search.parameters.values)
        row = cursor.fetchone()
    counted: Mapping[str, Any] = orjson.loads(row[0])
    options: dict[str, tuple[Count, ...]] = {}
    for one in counted["options"] or ():
        options[one["name"]] = (*options.get(one["name"], ()), Count(one["value"], one["products"]))
    return Facets(
        products=counted["products"],
        is_complete=counted["is_complete"],
        price_min=counted["price_min"],
        price_max=counted["price_max"],
        brands=_counts(counted["brands"]),
        categories=_counts(counted["categories"]),
        tags=_counts(counted["tags"]),
        options=tuple(options.items())[:MAX_OPTION_NAMES],
        conditions=_counts(counted["conditions"]),
    )


def category_counts(merchant_id: str, wanted: Wanted, *, now: datetime) -> tuple[Count, ...]:
    """Count products by category alone, whatever their variants: what a shop's page offers to choose from."""
    search = Search.of(wanted, merchant_id=merchant_id, now=now)
    matched = f"(SELECT p.category FROM {search.source} LIMIT {MAX_PRODUCTS}) matched"
    with connection.cursor() as cursor:
        cursor.execute(f"{search.asked} {_most('category', matched)}", search.parameters.values)
        row = cursor.fetchone()
    return _counts(row[0])


def _counts(rows: list[dict[str, Any]] | None) -> tuple[Count, ...]:
    return tuple(Count(row["value"], row["products"]) for row in rows or ())


def _statement(search: Search) -> str:
    return f"""
        {search.asked}, matched AS MATERIALIZED (
            SELECT p.id, p.brand, p.category, p.tags, p.option_names, {CONDITION} AS condition
            FROM {search.source} LIMIT {MAX_PRODUCTS + 1}
        ), looked_at AS MATERIALIZED (
            SELECT * FROM matched LIMIT {MAX_PRODUCTS}
        ), offered AS MATERIALIZED (
            SELECT p.id, p.option_names, v.option_values, {PRICE_NOW} AS price
            FROM looked_at p JOIN catalog_variant v ON v.product_id = p.id WHERE {search.variants}
        ), shown AS MATERIALIZED (
            SELECT brand, category, tags, condition FROM looked_at WHERE id IN (SELECT id FROM offered)
        ), options AS (
            SELECT name, value, count(*) AS products,
                   row_number() OVER (PARTITION BY name ORDER BY count(*) DESC, value) AS place
            FROM (
                SELECT DISTINCT id, name, value
                FROM offered, unnest(option_names, option_values) AS o (name, value)
                WHERE name IS NOT NULL AND value IS NOT NULL
            ) x
            GROUP BY 1, 2
        )
        SELECT json_build_object(
            'products', (SELECT count(*) FROM shown),
            'is_complete', (SELECT count(*) <= {MAX_PRODUCTS} FROM matched),
            'price_min', (SELECT min(price) FROM offered),
            'price_max', (SELECT max(price) FROM offered),
            'brands', ({_most("brand", "shown")}),
            'categories', ({_most("category", "shown")}),
            'tags', ({_most("tag", "shown, unnest(tags) AS t (tag)")}),
            'conditions', ({_most("condition", "shown")}),
            'options', (
                SELECT json_agg(x) FROM (
                    SELECT name, value, products FROM options WHERE place <= {MAX_VALUES}
                    ORDER BY sum(products) OVER (PARTITION BY name) DESC, name, place
                ) x
            )
        )::text
    """


def _most(column: str, source: str) -> str:
    return f"""
        SELECT json_agg(x) FROM (
            SELECT {column} AS value, count(*) AS products FROM {source} WHERE {column} <> ''
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MAX_VALUES}
        ) x
    """
