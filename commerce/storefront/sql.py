"""The statements of the search. Every one looks at products on show of one merchant, with live price and stock.

What names a brand, a category, a tag or an option's value is in a product's words, too. So the one index over
merchant and words finds candidates for all filters of text together, and each candidate is then held against
the filters exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from commerce.storefront.wanted import Filters, Question, Sort, Stock, Wanted

MAX_LISTED_VARIANTS = 30

# As `commerce.catalog.models.price_at` reckons it.
PRICE_NOW = """CASE WHEN v.sale_price_minor IS NOT NULL
    AND (v.sale_starts_at IS NULL OR v.sale_starts_at <= %(now)s::timestamptz)
    AND (v.sale_ends_at IS NULL OR v.sale_ends_at > %(now)s::timestamptz)
    THEN v.sale_price_minor ELSE v.price_minor END"""

# Platforms and shoppers take for new what is not said to be anything else.
CONDITION = "coalesce(nullif(p.condition, ''), 'new')"

STOCKED = {
    Stock.AVAILABLE: "(NOT s.is_tracked OR s.allow_backorder OR s.on_hand > s.reserved)",
    Stock.IN_STOCK: "(NOT s.is_tracked OR s.on_hand > s.reserved)",
}


@dataclass(slots=True)
class Parameters:
    """Values of a statement, each written into it by a name of its own."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any, cast: str = "text") -> str:
        """Return the placeholder of a new value."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{cast}"


@dataclass(frozen=True, slots=True)
class After:
    """The last product of the page before: what it is ordered by, and its id."""

    key: Any
    product_id: str


def question_sql(question: Question, parameters: Parameters) -> str:
    """Return a question as a tsquery. English stop words do not count, unless there is nothing else."""
    spare = [_tsquery(question, parameters, config) for config in ("english", "catalog")]
    return f"(SELECT CASE WHEN numnode(e) = 0 THEN c ELSE e END FROM (SELECT {spare[0]}, {spare[1]}) x (e, c))"


def _tsquery(question: Question, parameters: Parameters, config: str) -> str:
    def one(word: str) -> str:
        reading = "phraseto_tsquery" if " " in word else "plainto_tsquery"
        return f"{reading}('{config}', catalog_fold({parameters.add(word)}))"

    groups = [f"({' || '.join(one(word) for word in group)})" for group in question.all_of]
    groups += [f"!!{one(word)}" for word in question.none_of]
    return " && ".join(groups)


def _filter_query(filters: Filters, parameters: Parameters) -> str:
    """Return a tsquery that every product passing the filters of text has; empty where there is none."""
    named = [filters.brands, filters.categories, filters.tags, *(values for _, values in filters.options)]
    groups = [
        " || ".join(f"plainto_tsquery('catalog', catalog_fold({parameters.add(value)}))" for value in values)
        for values in named
        if values and all(any(letter.isalnum() for letter in value) for value in values)
    ]
    return " && ".join(f"({group})" for group in groups)


@dataclass(frozen=True, slots=True)
class Search:
    """The parts of a search from which its statements are put together.

    `source` has the products `p` to look at. `asked` is one row with the words to rank by and all that a
    product must have, to be named ahead of the statement; empty where nothing of text is asked for.
    """

    asked: str
    source: str
    variants: str
    has_words: bool
    narrows_variants: bool
    parameters: Parameters

    @classmethod
    def of(cls, wanted: Wanted, *, merchant_id: str, now: datetime) -> Search:
        parameters = Parameters({"merchant": merchant_id, "now": now})
        question = wanted.question
        has_words = bool(question.all_of or question.none_of)
        named = _filter_query(wanted.filters, parameters)
        parts = [part for part in ("words" if has_words else "", named) if part]
        words = question_sql(question, parameters) if has_words else "NULL::tsquery"
        asked = f"SELECT words, {' && '.join(parts)} AS whole FROM (SELECT {words} AS words) x" if parts else ""
        conditions = [
            "p.merchant_id = %(merchant)s",
            "p.status = 'active'",
            "p.search @@ asked.whole" if asked else "p.search IS NOT NULL",
            *_product_conditions(wanted.filters, parameters),
        ]
        tables = "asked, catalog_product p" if asked else "catalog_product p"
        return cls(
            asked=f"WITH asked AS MATERIALIZED ({asked})" if asked else "WITH nothing AS (SELECT)",
            source=f"{tables} WHERE {' AND '.join(conditions)}",
            variants=" AND ".join(_variant_conditions(wanted.filters, parameters)),
            has_words=has_words,
            narrows_variants=wanted.filters.narrows_variants,
            parameters=parameters,
        )


def _product_conditions(filters: Filters, parameters: Parameters) -> Iterable[str]:
    if filters.brands:
        yield f"catalog_fold(p.brand) = ANY ({_folded(filters.brands, parameters)})"
    if filters.categories:
        folded = _folded(filters.categories, parameters)
        yield (
            f"EXISTS (SELECT 1 FROM unnest({folded}) AS c (name) WHERE catalog_fold(p.category) = c.name"
            " OR starts_with(catalog_fold(p.category), c.name || ' >'))"
        )
    if filters.tags:
        folded = _folded(filters.tags, parameters)
        yield f"EXISTS (SELECT 1 FROM unnest(p.tags) AS t (tag) WHERE catalog_fold(t.tag) = ANY ({folded}))"
    if filters.conditions:
        yield f"{CONDITION} = ANY ({parameters.add(list(filters.conditions), 'text[]')})"


def _variant_conditions(filters: Filters, parameters: Parameters) -> Iterable[str]:
    yield "v.status = 'active'"
    if filters.price_min is not None:
        yield f"{PRICE_NOW} >= {parameters.add(filters.price_min, 'bigint')}"
    if filters.price_max is not None:
        yield f"{PRICE_NOW} <= {parameters.add(filters.price_max, 'bigint')}"
    for name, values in filters.options:
        yield (
            "EXISTS (SELECT 1 FROM unnest(p.option_names, v.option_values) AS o (name, value)"
            f" WHERE catalog_fold(o.name) = catalog_fold({parameters.add(name)})"
            f" AND catalog_fold(o.value) = ANY ({_folded(values, parameters)}))"
        )
    if filters.stock in STOCKED:
        stocked = f"s.variant_id = v.id AND {STOCKED[filters.stock]}"
        yield f"EXISTS (SELECT 1 FROM inventory_stockitem s WHERE {stocked})"


def _folded(values: Sequence[str], parameters: Parameters) -> str:
    return f"ARRAY(SELECT catalog_fold(x) FROM unnest({parameters.add(list(values), 'text[]')}) AS x)"


@dataclass(frozen=True, slots=True)
class Window:
    """Which products of the whole order to return."""

    limit: int
    after: After | None = None
    offset: int = 0


def page_statement(search: Search, sort: Sort, window: Window) -> str:
    """Return the SELECT of a page: product id, key of the order, matching variant ids, how many variants match.

    Relevance, title and age are known without the variants: products are gone through in their order and
    their variants looked at until the page is full. A price is known only when all have been looked at.
    """
    parameters = search.parameters
    cut = f"LIMIT {parameters.add(window.limit, 'int')} OFFSET {parameters.add(window.offset, 'int')}"
    if sort in (Sort.PRICE, Sort.PRICE_DESCENDING):
        candidates, direction = _priced(search, sort, window.after)
        is_page = True
    else:
        candidates, direction = _ordered(search, sort, window.after)
        is_page = not search.narrows_variants  # each product on show has a variant, so none falls out
    return f"""
        {search.asked}
        SELECT p.id, p.key, found.variant_ids, found.matching FROM ({candidates} {cut if is_page else ""}) p
        CROSS JOIN LATERAL (
            SELECT (array_agg(v.id ORDER BY v.position, v.id))[:{MAX_LISTED_VARIANTS}] AS variant_ids,
                   count(*) AS matching
            FROM catalog_variant v WHERE v.product_id = p.id AND {search.variants}
        ) found
        WHERE found.matching > 0 ORDER BY p.key {direction}, p.id {"" if is_page else cut}
    """


def _priced(search: Search, sort: Sort, after: After | None) -> tuple[str, str]:
    """Return a SELECT of products by their lowest matching price, and its direction."""
    direction = "DESC" if sort is Sort.PRICE_DESCENDING else "ASC"
    past = _past("c.key", "c.id", direction, after, "bigint", search.parameters)
    reckoned = f"""
        SELECT p.id, p.option_names, min({PRICE_NOW}) AS key
        FROM (SELECT p.id, p.option_names FROM {search.source}) p
        JOIN catalog_variant v ON v.product_id = p.id WHERE {search.variants} GROUP BY p.id, p.option_names
    """
    return f"SELECT * FROM ({reckoned}) c WHERE {past} ORDER BY c.key {direction}, c.id", direction


def _ordered(search: Search, sort: Sort, after: After | None) -> tuple[str, str]:
    """Return a SELECT of products in an order that needs no variants, and its direction."""
    if sort is Sort.RELEVANCE and search.has_words:
        past = _past("c.key", "c.id", "DESC", after, "float8", search.parameters)
        ranked = f"SELECT p.id, p.option_names, ts_rank(p.search, asked.words)::float8 AS key FROM {search.source}"
        # OFFSET keeps the rank from being reckoned twice.
        return f"SELECT * FROM ({ranked} OFFSET 0) c WHERE {past} ORDER BY c.key DESC, c.id", "DESC"
    key, cast, direction = (
        ("created_at", "timestamptz", "DESC") if sort is Sort.NEWEST else ("title", "text", "ASC")
    )
    past = _past(f"p.{key}", "p.id", direction, after, cast, search.parameters)
    columns = f"SELECT p.id, p.option_names, p.{key} AS key"
    return f"{columns} FROM {search.source} AND {past} ORDER BY p.{key} {direction}, p.id", direction


def _past(
    key: str, product_id: str, direction: str, after: After | None, cast: str, parameters: Parameters
) -> str:
    """Return what holds for the products behind the last one seen; an index can tell where they begin."""
    if after is None:
        return "true"
    sign, value = "<" if direction == "DESC" else ">", parameters.add(after.key, cast)
    further = f"{product_id} > {parameters.add(after.product_id)}"
    return f"({key} {sign}= {value} AND ({key} {sign} {value} OR {further}))"
