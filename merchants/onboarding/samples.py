"""A few products to try a shop with before its own are there. Their handles tell them from all others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product
from commerce.catalog.product_data import ProductData, StockData, VariantData
from commerce.inventory.stocking import upsert_stocked_product

PREFIX = "sample-"

_STOCK = StockData(on_hand=100)


def _product(
    name: str,
    price_minor: int,
    weight_grams: int,
    description: str,
    option: str = "",
    values: tuple[str, ...] = (),
) -> ProductData:
    """Return a product with a variant for each value of its option. The currency is filled in for each shop."""
    variants = tuple(
        VariantData(
            option_values=(value,) if value else (),
            price_minor=price_minor,
            currency="",
            weight_grams=weight_grams,
            stock=_STOCK,
        )
        for value in (values or ("",))
    )
    return ProductData(
        handle=f"{PREFIX}{name.lower().replace(' ', '-')}",
        title=f"{name} (sample)",
        description=description,
        option_names=(option,) if option else (),
        tags=("sample",),
        has_no_identifier=True,
        variants=variants,
    )


# One amount for all currencies: 18.00 USD and 1800 JPY are both what such a thing may cost.
SAMPLES = (
    _product("Canvas Tote", 3400, 420, "A wide tote of cotton canvas.", "Color", ("Natural", "Navy")),
    _product("Enamel Mug", 1800, 310, "Holds 0.35 liters, for coffee outdoors."),
    _product("Wool Socks", 1600, 90, "Warm socks of merino wool.", "Size", ("S", "M", "L")),
    _product("Linen Towel", 2200, 180, "A kitchen towel that dries quickly."),
)


def add_samples(merchant: Merchant) -> int:
    """Put the samples on sale, those that were taken off too. Returns how many there are. May run twice."""
    for sample in SAMPLES:
        upsert_stocked_product(merchant, _priced(sample, merchant.currency))
    return len(SAMPLES)


def _priced(sample: ProductData, currency: str) -> ProductData:
    variants = tuple(replace(variant, currency=currency) for variant in sample.variants)
    return replace(sample, variants=variants)


def shown_samples(merchant: Merchant) -> QuerySet[Product]:
    """Return the samples that agents find."""
    return Product.objects.filter(merchant=merchant, handle__startswith=PREFIX, status=Product.Status.ACTIVE)


def archive_samples(merchant: Merchant, *, now: datetime) -> int:
    """Let nobody find the samples any more; orders of them stay as they are. Returns how many. May run twice."""
    return shown_samples(merchant).update(status=Product.Status.ARCHIVED, updated_at=now)
