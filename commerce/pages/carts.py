"""A shared cart as its page shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from commerce.accounts.models import Merchant
from commerce.carts.document import CartView as Cart
from commerce.carts.document import PricedLine
from commerce.inventory.offers import Offer
from commerce.pages import wording
from commerce.pages.wording import amount_text, day_text


@dataclass(frozen=True, slots=True)
class CartLineView:
    """`amount` is empty where the item is no longer sold."""

    title: str
    options: str
    quantity: str
    unit_price: str
    amount: str
    availability: str


@dataclass(frozen=True, slots=True)
class CartPageView:
    lines: tuple[CartLineView, ...]
    total: str
    currency: str
    until: str


def cart_view(cart: Cart, *, merchant: Merchant) -> CartPageView:
    """Put a cart into words."""
    return CartPageView(
        lines=tuple(_line(line, cart.currency, merchant.low_stock_threshold) for line in cart.lines),
        total=amount_text(cart.items_minor, cart.currency),
        currency=cart.currency.upper(),
        until=day_text(cart.expires_at.astimezone(ZoneInfo(merchant.time_zone))),
    )


def _line(priced: PricedLine, currency: str, low_stock_threshold: int) -> CartLineView:
    line, offer = priced.line, priced.offer
    if offer is None:
        return CartLineView(line.title or "An item", "", f"{line.quantity:,}", "", "", "No longer sold")
    return CartLineView(
        title=offer.title,
        options=", ".join(f"{name}: {value}" for name, value in offer.options),
        quantity=f"{line.quantity:,}",
        unit_price=amount_text(offer.price_minor, currency),
        amount=amount_text(priced.items_minor, currency),
        availability=_availability(offer, line.quantity, low_stock_threshold),
    )


def _availability(offer: Offer, quantity: int, low_stock_threshold: int) -> str:
    if not offer.is_checkout_enabled:
        return "Sold on the shop's own pages only"
    left = offer.available
    if left is None or (left >= quantity and (offer.allow_backorder or left > low_stock_threshold)):
        return wording.AVAILABILITY["in_stock"]
    if offer.allow_backorder:
        return wording.AVAILABILITY["backorder"]
    return f"Only {left} left" if left else wording.AVAILABILITY["out_of_stock"]
