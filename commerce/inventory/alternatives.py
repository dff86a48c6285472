"""What else could be meant, or had instead. Asked for only where something is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from commerce.catalog.models import Product, Variant
from commerce.inventory.offers import Offer, load_offers
from commerce.money import Money
from commerce.text import line

SHOWN = 5
_LOOKED_AT = 50


def offers_like(merchant_id: str, named: str, *, now: datetime) -> list[Offer]:
    """Return variants that somebody could mean who names a product, a SKU, a GTIN, or a variant sold no more."""
    bare = named.strip()
    if not bare:
        return []
    variants = Variant.objects.filter(Q(pk=bare) | Q(sku=bare) | Q(gtin=bare), merchant_id=merchant_id)
    products = Product.objects.filter(Q(pk=bare) | Q(handle=bare), merchant_id=merchant_id)
    ids = {*variants.values_list("product_id", flat=True)[:SHOWN], *products.values_list("pk", flat=True)[:SHOWN]}
    return offers_beside(merchant_id, ids, now=now)


def offers_beside(
    merchant_id: str, product_ids: Collection[str], *, now: datetime, without: Collection[str] = ()
) -> list[Offer]:
    """Return the variants of some products that can be bought now, in the order of their pages."""
    if not product_ids:
        return []
    variants = Variant.objects.filter(merchant_id=merchant_id, product_id__in=product_ids, status="active")
    ordered = variants.exclude(pk__in=without).order_by("product_id", "position", "pk")
    ids = list(ordered.values_list("pk", flat=True)[:_LOOKED_AT])
    offers = load_offers(merchant_id, ids, now=now)
    return [offers[one] for one in ids if one in offers and _can_be_had(offers[one])]


def _can_be_had(offer: Offer) -> bool:
    is_there = offer.available is None or offer.available > 0 or offer.allow_backorder
    return is_there and offer.is_sellable and offer.is_checkout_enabled


def offers_text(offers: Iterable[Offer]) -> str:
    """Write variants with their ids, names and prices; of many only the first."""
    return "; ".join(_offer_text(offer) for offer in list(offers)[:SHOWN])


def _offer_text(offer: Offer) -> str:
    name = line(", ".join([offer.title, *(value for _, value in offer.options)]), 80)
    return f"'{offer.variant_id}' = {name}, {Money(offer.price_minor, offer.currency)}"


def unknown_item_text(merchant_id: str, named: str, *, now: datetime) -> str:
    """Say that an id is no variant's for sale, and which ones could be meant."""
    text = f"There is no item '{named[:60]}' for sale; nothing was changed."
    if found := offers_like(merchant_id, named[:255], now=now):
        return f"{text} It may mean one of: {offers_text(found)}."
    return f"{text} Items are named by the ids of variants, such as var_…; search the catalog for them."
