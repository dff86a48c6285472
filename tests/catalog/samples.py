"""A product as an importer hands it over: a tote in two colours."""

from __future__ import annotations

from typing import Any

from commerce.accounts.models import Merchant
from commerce.catalog.product_data import MediaData, ProductData, StockData, VariantData
from tests.factories import MerchantFactory

FRONT = "https://cdn.harborsupply.example/tote-front.jpg"
NAVY = "https://cdn.harborsupply.example/tote-navy.jpg"


def shop() -> Merchant:
    return MerchantFactory.create(name="Harbor Supply")


def variant(*option_values: str, **changes: Any) -> VariantData:
    values: dict[str, Any] = {
        "price_minor": 2400,
        "currency": "usd",
        "weight_grams": 400,
        "stock": StockData(on_hand=7),
    }
    return VariantData(option_values=option_values, **{**values, **changes})


def tote(*variants: VariantData, **changes: Any) -> ProductData:
    values: dict[str, Any] = {
        "handle": "canvas-tote",
        "title": "Canvas Tote",
        "description": "A tote of heavy cotton canvas.",
        "brand": "Fogline",
        "category": "Bags",
        "tags": ("bags", "cotton"),
        "option_names": ("Color",),
        "media": (MediaData(FRONT, "The tote from the front"), MediaData(NAVY)),
        "variants": variants or (variant("Natural", sku="FOG-T-NAT"), variant("Navy", image_urls=(NAVY,))),
    }
    return ProductData(**{**values, **changes})
