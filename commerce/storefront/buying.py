"""Why a variant cannot be bought right now, as words for people and codes for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from commerce.checkout.shop import Shop
from commerce.storefront.listing import ListedVariant, Listing


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`code` is not_for_sale, discovery_only, out_of_stock or no_shipping_to."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a buyer wants things sent: an ISO country, and its region's code where that is known."""

    country: str
    region: str = ""

    def __str__(self) -> str:
        return f"{self.region}, {self.country}" if self.region else self.country


def obstacles(
    listing: Listing, variant: ListedVariant, *, shop: Shop, destination: Destination | None = None
) -> tuple[Obstacle, ...]:
    """Return all that stands between a buyer and one unit of a variant; nothing where it can be bought."""
    return tuple(_obstacles(listing, variant, shop, destination))


def _obstacles(
    listing: Listing, variant: ListedVariant, shop: Shop, destination: Destination | None
) -> Iterator[Obstacle]:
    offer = variant.offer
    # In a currency that is not the shop's, a checkout does not know it.
    if not (variant.is_active and listing.status == "active" and offer.currency == shop.currency):
        yield Obstacle("not_for_sale", "This is not sold any more.")
        return
    if not offer.is_checkout_enabled:
        place = f"on its own page: {offer.url}" if offer.url else "on the shop's own pages"
        yield Obstacle("discovery_only", f"This cannot be bought here, only {place}.")
    if offer.available == 0 and not offer.allow_backorder:
        yield Obstacle("out_of_stock", "This is out of stock.")
    if destination and not offer.is_digital and not _is_sent_to(destination, variant, shop):
        yield Obstacle("no_shipping_to", f"{shop.name} does not send this to {destination}.")


def _is_sent_to(destination: Destination, variant: ListedVariant, shop: Shop) -> bool:
    """Say whether one unit by itself can be sent somewhere in the country or region. A pick-up is not sending."""
    weight, price = variant.offer.weight_grams, variant.offer.price_minor
    return any(
        method.zone is not None
        and method.zone.reaches(destination.country, destination.region)
        and any(rate.fits(weight_grams=weight, subtotal_minor=price) for rate in method.rates)
        for method in shop.methods
        if method.kind != "pickup"
    )
