from __future__ import annotations

from datetime import datetime

from agents.catalog import bodies
from commerce.catalog.models import Product, Variant
from commerce.checkout.shop import Shop
from commerce.inventory.models import StockItem


def product(known: Product, *, shop: Shop, now: datetime) -> bodies.CatalogProduct:
    """Write a product and its variants for sale. Needs variants, stock and media fetched."""
    variants = sorted(known.variants.all(), key=lambda one: (one.position, one.pk))
    body: bodies.CatalogProduct = {
        "id": known.id,
        "title": known.title,
        "description": known.description,
        "tags": list(known.tags),
        "images": [one.url for one in sorted(known.media.all(), key=lambda one: (one.position, one.pk))],
        "variants": [_variant(one, known, shop, now) for one in variants if one.status == "active"],
    }
    if known.brand:
        body["brand"] = known.brand
    if known.category:
        body["category"] = known.category
    return body


def _variant(known: Variant, owner: Product, shop: Shop, now: datetime) -> bodies.CatalogVariant:
    price = known.price_at(now)
    stock: StockItem | None = getattr(known, "stock", None)
    availability = _availability(stock, shop.low_stock_threshold)
    body: bodies.CatalogVariant = {
        "id": known.id,
        "title": known.title or owner.title,
        "options": [
            {"name": name, "value": value}
            for name, value in zip(owner.option_names, known.option_values, strict=False)
        ],
        "price": {"amount": price, "currency": known.currency},
        "availability": availability,
        "is_digital": known.is_digital,
    }
    if price != known.price_minor:
        body["list_price"] = {"amount": known.price_minor, "currency": known.currency}
    if stock and stock.is_tracked and availability != "in_stock":
        body["available_quantity"] = stock.available
    if known.sku:
        body["sku"] = known.sku
    if known.gtin:
        body["gtin"] = known.gtin
    return body


def _availability(stock: StockItem | None, low_stock_threshold: int) -> str:
    if stock is None:
        return "out_of_stock"
    if not stock.is_tracked:
        return "in_stock"
    if stock.available == 0:
        return "backorder" if stock.allow_backorder else "out_of_stock"
    return "low_stock" if stock.available <= low_stock_threshold else "in_stock"
