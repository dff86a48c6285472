"""What is wanted of a product, as plain data. `services.upsert_products` makes the shop's rows be like it.

A field named in `kept` is one the data says nothing about: what is there stays, and what is made anew gets
the value that stands in the data. An importer names there what its file has no column for, and what it
could not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from commerce.catalog.models import Product, Variant

MAX_PRICE_MINOR = 10**12
"""No single price is higher, so that no order's sum ever leaves a 64-bit column."""


@dataclass(frozen=True, slots=True)
class StockData:
    """What is said of a variant's stock; `commerce.inventory.stocking` writes it.

    A level named in `kept` is one of which nothing is said.
    """

    on_hand: int = 0
    is_tracked: bool = True
    allow_backorder: bool = False
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MediaData:
    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantData:
    """One variant. Its option values are its key within the product; `image_urls` are of the product's media."""

    option_values: tuple[str, ...] = ()
    price_minor: int
    currency: str
    title: str = ""
    sku: str = ""
    gtin: str = ""
    mpn: str = ""
    sale_price_minor: int | None = None
    sale_starts_at: datetime | None = None
    sale_ends_at: datetime | None = None
    is_digital: bool = False
    download_url: str = ""
    weight_grams: int = 0
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    max_quantity_per_order: int | None = None
    backorders_ship_on: date | None = None
    status: str = Variant.Status.ACTIVE
    image_urls: tuple[str, ...] = ()
    stock: StockData = StockData()
    kept: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What people call it."""
        return " / ".join(self.option_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductData:
    """One product. Its handle is its key at the merchant's.

    `kept_options` names variants of which nothing usable is known now: they stay as they are instead of
    being set inactive with those that vanished. All that are not in the data stay where "variants" is kept.
    """

    handle: str
    title: str
    variants: tuple[VariantData, ...]
    description: str = ""
    brand: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    option_names: tuple[str, ...] = ()
    tax_code: str = ""
    url: str = ""
    status: str = Product.Status.ACTIVE
    is_checkout_enabled: bool = True
    condition: str = ""
    gender: str = ""
    age_group: str = ""
    material: str = ""
    has_no_identifier: bool = False
    media: tuple[MediaData, ...] = ()
    kept_options: frozenset[tuple[str, ...]] = frozenset()
    kept: frozenset[str] = frozenset()


PRODUCT_COLUMNS = (
    "title",
    "description",
    "brand",
    "category",
    "tags",
    "option_names",
    "tax_code",
    "url",
    "status",
    "is_checkout_enabled",
    "condition",
    "gender",
    "age_group",
    "material",
    "has_no_identifier",
)
VARIANT_COLUMNS = tuple(
    name for name in VariantData.__slots__ if name not in ("option_values", "image_urls", "stock", "kept")
)
