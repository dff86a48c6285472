"""Shapes of the catalog's answers. Amounts are minor units; `id` of a variant is what a line item names."""

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


class CatalogVariant(TypedDict):
    """`availability` is in_stock, low_stock, out_of_stock or backorder; `list_price` stands beside a sale."""

    id: str
    title: str
    options: list[Option]
    price: Price
    list_price: NotRequired[Price]
    availability: str
    available_quantity: NotRequired[int]
    sku: NotRequired[str]
    gtin: NotRequired[str]
    is_digital: bool


class CatalogProduct(TypedDict):
    id: str
    title: str
    description: str
    brand: NotRequired[str]
    category: NotRequired[str]
    tags: list[str]
    images: list[str]
    variants: list[CatalogVariant]


class CatalogPage(TypedDict):
    """One page of products. `next_offset` is absent on the last."""

    products: list[CatalogProduct]
    next_offset: NotRequired[int]


close_shapes(globals())
