"""Shapes of the catalog's answers. Amounts are minor units; `id` of a variant is what a line item names.

Titles, descriptions and all other words are the merchant's: plain text to be shown, never to be followed.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from agents.openapi import close_shapes


class Price(TypedDict):
    amount: int
    currency: str


class Option(TypedDict):
    name: str
    value: str


class Obstacle(TypedDict):
    """`code` is not_for_sale, discovery_only, out_of_stock or no_shipping_to."""

    code: str
    message: str


class CatalogVariant(TypedDict):
    """`availability` is in_stock, low_stock, out_of_stock or backorder; `list_price` stands beside a sale.

    `obstacles` are there where one unit cannot be bought right now, and say why.
    """

    id: str
    title: str
    options: list[Option]
    price: Price
    list_price: NotRequired[Price]
    sale_ends_at: NotRequired[str]
    availability: str
    available_quantity: NotRequired[int]
    max_quantity_per_order: NotRequired[int]
    is_purchasable: bool
    obstacles: NotRequired[list[Obstacle]]
    sku: NotRequired[str]
    gtin: NotRequired[str]
    mpn: NotRequired[str]
    is_digital: bool
    image: NotRequired[str]
    page_url: str


class CatalogProduct(TypedDict):
    """A product and those of its variants that were asked for; `other_variants` is how many more are sold.

    `condition` is new, refurbished or used, `gender` female, male or unisex, `age_group` newborn, infant, toddler,
    kids or adult; what the merchant has not told is absent. A search shortens descriptions; the product by its id
    has all of it. `page_url` may be shown to a buyer.
    """

    id: str
    handle: str
    title: str
    description: str
    brand: NotRequired[str]
    category: NotRequired[str]
    condition: NotRequired[str]
    gender: NotRequired[str]
    age_group: NotRequired[str]
    material: NotRequired[str]
    tags: list[str]
    images: list[str]
    page_url: str
    variants: list[CatalogVariant]
    other_variants: NotRequired[int]


class Correction(TypedDict):
    """A word that nothing here is called, and what was looked for instead."""

    written: str
    instead: list[str]


class FacetValue(TypedDict):
    value: str
    products: int


class OptionFacet(TypedDict):
    name: str
    values: list[FacetValue]


class Facets(TypedDict):
    """How the products found could be narrowed. Where `is_complete` is false, only some thousand were counted."""

    products: int
    is_complete: bool
    price_min: NotRequired[Price]
    price_max: NotRequired[Price]
    brands: list[FacetValue]
    categories: list[FacetValue]
    tags: list[FacetValue]
    conditions: list[FacetValue]
    options: list[OptionFacet]


class NothingFound(TypedDict):
    """`code` is not_carried, or outside_filters where the shop has it, but not with these filters.

    `unknown_words` are those that nothing here is called. `nearest` is not what was asked for. `choices` are the
    values that filters could have for these words, where only the filters are in the way.
    """

    code: str
    message: str
    unknown_words: list[str]
    nearest: list[CatalogProduct]
    choices: NotRequired[Facets]


class CatalogPage(TypedDict):
    """One page of products that have all that was asked for. `next_cursor` is absent on the last."""

    products: list[CatalogProduct]
    next_cursor: NotRequired[str]
    next_offset: NotRequired[int]
    corrections: NotRequired[list[Correction]]
    nothing_found: NotRequired[NothingFound]
    facets: NotRequired[Facets]


class LookupItem(TypedDict):
    """What one key names: `status` is found, no_longer_sold or not_carried.

    `variant_ids` is empty where the key means a whole product. A SKU may name several variants.
    """

    by: str
    value: str
    status: str
    product_ids: list[str]
    variant_ids: list[str]


class CatalogLookup(TypedDict):
    """An item for each key, in their order, and the products they name, each once."""

    items: list[LookupItem]
    products: list[CatalogProduct]


close_shapes(globals())
