from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from commerce.buyers import Buyer
from commerce.carts.document import CartDocument, CartLine, CartView, PricedLine, decode, encode
from commerce.carts.models import Cart
from commerce.errors import CommerceError, NotFoundError
from commerce.idempotency.services import Receipt, no_receipt
from commerce.ids import new_id
from commerce.inventory.alternatives import unknown_item_text
from commerce.inventory.offers import Offer, load_offers
from commerce.statements import Write, write


class UnknownCartItemError(CommerceError):
    """A line names no variant that this merchant sells."""

    code = "unknown_item"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose cart it is, and in what currency the merchant sells."""

    merchant_id: str
    agent_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class WantedCart:
    """The whole of a cart as it should be: (variant id, quantity) lines, and who it is for."""

    lines: tuple[tuple[str, int], ...]
    buyer: Buyer | None = None
    locale: str = ""


def create_cart(
    *, owner: Owner, wanted: WantedCart, now: datetime, receipt: Receipt[CartView] = no_receipt
) -> CartView:
    """Make a cart. Items that cannot be had stay in it and say so. Raises UnknownCartItemError."""
    offers = load_offers(owner.merchant_id, [variant_id for variant_id, _ in wanted.lines], now=now)
    document = CartDocument(_lines(wanted.lines, (), offers, owner.merchant_id, now), wanted.buyer, wanted.locale)
    view = _view(new_id("cart"), owner.currency, document, offers, now)
    insert = Write(
        "cart",
        """
        INSERT INTO carts_cart
            (id, merchant_id, agent_id, status, document, expires_at, created_at, updated_at)
        VALUES (%s, %s, %s, 'active', %s, %s, %s, %s)
        """,
        [view.id, owner.merchant_id, owner.agent_id, encode(document), view.expires_at, now, now],
        expect=1,
    )
    write(insert, *receipt(view))
    return view


def read_cart(*, owner: Owner, cart_id: str, now: datetime) -> CartView:
    """Return an active cart at the prices of this moment. Raises NotFoundError."""
    document, expires_at = _find(owner, cart_id, now)
    offers = load_offers(owner.merchant_id, [line.variant_id for line in document.lines], now=now)
    return replace(_view(cart_id, owner.currency, document, offers, now), expires_at=expires_at)


@transaction.atomic
def replace_cart(
    *,
    owner: Owner,
    cart_id: str,
    wanted: WantedCart,
    now: datetime,
    receipt: Receipt[CartView] = no_receipt,
) -> CartView:
    """Replace all of an active cart and let it live on from now. Raises NotFoundError, UnknownCartItemError."""
    before, _ = _find(owner, cart_id, now, lock=True)
    offers = load_offers(owner.merchant_id, [variant_id for variant_id, _ in wanted.lines], now=now)
    document = CartDocument(
        _lines(wanted.lines, before.lines, offers, owner.merchant_id, now), wanted.buyer, before.locale
    )
    view = _view(cart_id, owner.currency, document, offers, now)
    update = Write(
        "cart",
        "UPDATE carts_cart SET document = %s, expires_at = %s, updated_at = %s WHERE id = %s",
        [encode(document), view.expires_at, now, cart_id],
        expect=1,
    )
    write(update, *receipt(view))
    return view


@transaction.atomic
def cancel_cart(*, owner: Owner, cart_id: str, now: datetime, receipt: Receipt[CartView] = no_receipt) -> CartView:
    """End an active cart and return it as it was. Raises NotFoundError."""
    document, expires_at = _find(owner, cart_id, now, lock=True)
    offers = load_offers(owner.merchant_id, [line.variant_id for line in document.lines], now=now)
    view = replace(_view(cart_id, owner.currency, document, offers, now), expires_at=expires_at)
    cancel = Write(
        "cart",
        "UPDATE carts_cart SET status = 'canceled', updated_at = %s WHERE id = %s",
        [now, cart_id],
        expect=1,
    )
    write(cancel, *receipt(view))
    return view


def expire_carts(*, now: datetime) -> int:
    """Mark carts whose time has run out. They are not found before that already."""
    overdue = Cart.objects.filter(status=Cart.Status.ACTIVE, expires_at__lte=now)
    return overdue.update(status=Cart.Status.EXPIRED, updated_at=now)


def _find(owner: Owner, cart_id: str, now: datetime, *, lock: bool = False) -> tuple[CartDocument, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT document, expires_at, merchant_id, agent_id, status FROM carts_cart WHERE id = %s"
            + (" FOR NO KEY UPDATE" if lock else ""),
            [cart_id],
        )
        row = cursor.fetchone()
    if row is None or row[2:] != (owner.merchant_id, owner.agent_id, Cart.Status.ACTIVE) or row[1] <= now:
        raise NotFoundError(
            "This agent has no such cart; it may have been canceled or have run out. Create another."
        )
    return decode(row[0]), row[1]


def _view(
    cart_id: str, currency: str, document: CartDocument, offers: dict[str, Offer], now: datetime
) -> CartView:
    lines = []
    for line in document.lines:
        offer = offers.get(line.variant_id)
        is_sold = offer is not None and offer.is_sellable and offer.currency == currency
        lines.append(PricedLine(line, offer if is_sold else None))
    expires_at = now + timedelta(days=settings.CART_DAYS)
    return CartView(cart_id, currency, tuple(lines), document.buyer, expires_at)


def _lines(
    wanted: Iterable[tuple[str, int]],
    before: Iterable[CartLine],
    offers: dict[str, Offer],
    merchant_id: str,
    now: datetime,
) -> tuple[CartLine, ...]:
    """Merge lines of one variant, keep the ids of lines that were there, refuse what is not sold."""
    ids = {line.variant_id: line.id for line in before}
    quantities: dict[str, int] = {}
    for index, (variant_id, quantity) in enumerate(wanted):
        offer = offers.get(variant_id)
        if (offer is None or not offer.is_sellable) and variant_id not in ids:
            text = unknown_item_text(merchant_id, variant_id, now=now)
            raise UnknownCartItemError(text, target=("lines", index, "id"))
        quantities[variant_id] = quantities.get(variant_id, 0) + quantity
    return tuple(
        CartLine(
            ids.get(variant_id) or new_id("li"),
            variant_id,
            quantity,
            offers[variant_id].title if variant_id in offers else "",
        )
        for variant_id, quantity in quantities.items()
    )


def shared_cart(cart_id: str, *, now: datetime) -> CartView:
    """Return an active cart to whoever knows its unguessable id. Raises NotFoundError."""
    cart = Cart.objects.filter(pk=cart_id).select_related("merchant").first()
    if cart is None:
        raise NotFoundError("There is no such cart.")
    owner = Owner(cart.merchant_id, cart.agent_id, cart.merchant.currency)
    return read_cart(owner=owner, cart_id=cart_id, now=now)
