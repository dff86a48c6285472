"""Who shops, with which cards, and within which limits of their own."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from commerce.errors import CommerceError, NotFoundError
from commerce.wallet.models import Card, Mandate, Shopper
from commerce.wallet.test_cards import BY_METHOD

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FIRST_CARD = "pm_card_visa"


class UnknownCardError(CommerceError):
    """No such test card."""

    code = "unknown_card"


@dataclass(frozen=True, slots=True)
class NewGuest:
    """A guest and the key by which the browser will be known. The key is stored hashed, and told once."""

    shopper: Shopper
    key: str


def welcome_guest() -> NewGuest:
    """Begin a wallet for somebody who is not known yet."""
    key = secrets.token_urlsafe(32)
    return NewGuest(Shopper.objects.create(key_hash=_hash(key)), key)


def guest_of(key: str) -> Shopper | None:
    """Return the guest whom a browser's key belongs to. Who has a login is known by that alone."""
    return Shopper.objects.filter(key_hash=_hash(key), user__isnull=True).first() if key else None


def shopper_of(user: User) -> Shopper:
    """Return the wallet of somebody who logs in, a new one the first time."""
    return Shopper.objects.get_or_create(user=user, defaults={"email": user.email})[0]


@transaction.atomic
def take_over(guest: Shopper, shopper: Shopper, *, now: datetime) -> None:
    """Move a guest's cards, limits and what was paid with them into the wallet of who has logged in.

    The guest's key names nobody afterwards. A card that is there twice stays once. May run again.
    """
    list(Shopper.objects.select_for_update(no_key=True).filter(pk__in=[guest.pk, shopper.pk]).order_by("pk"))
    known = list(Card.objects.filter(shopper=shopper, removed_at__isnull=True).values_list("name", flat=True))
    cards = Card.objects.filter(shopper=guest)
    cards.filter(name__in=known, removed_at__isnull=True).update(removed_at=now, is_default=False)
    if known:
        cards.filter(is_default=True).update(is_default=False)
    cards.update(shopper=shopper)
    Mandate.objects.filter(shopper=guest).update(shopper=shopper)
    Shopper.objects.filter(pk=guest.pk).update(key_hash=None)


@transaction.atomic
def add_card(shopper: Shopper, method: str, *, now: datetime) -> Card:
    """Put a test card into a wallet; the first becomes the one that is proposed. Raises UnknownCardError."""
    known = BY_METHOD.get(method)
    if known is None:
        raise UnknownCardError("There is no such test card.")
    cards = _locked(shopper)
    if found := next((card for card in cards if card.name == method), None):
        return found
    return Card.objects.create(
        shopper=shopper,
        name=method,
        brand=known.brand,
        last4=known.last4,
        is_default=not cards,
        added_at=now,
    )


@transaction.atomic
def prefer_card(shopper: Shopper, card_id: str) -> None:
    """Propose this card from now on. Raises NotFoundError."""
    _require(_locked(shopper), card_id)
    cards = Card.objects.filter(shopper=shopper, removed_at__isnull=True)
    cards.filter(is_default=True).update(is_default=False)
    cards.filter(pk=card_id).update(is_default=True)


@transaction.atomic
def remove_card(shopper: Shopper, card_id: str, *, now: datetime) -> None:
    """Take a card out of a wallet; the oldest of the others is proposed. Raises NotFoundError."""
    cards = _locked(shopper)
    gone = _require(cards, card_id)
    Card.objects.filter(pk=card_id).update(removed_at=now, is_default=False)
    others = [card for card in cards if card.pk != card_id]
    if gone.is_default and others:
        Card.objects.filter(pk=others[0].pk).update(is_default=True)


def cards_of(shopper: Shopper) -> list[Card]:
    """Return the cards of a wallet, the proposed one first."""
    return list(
        Card.objects.filter(shopper=shopper, removed_at__isnull=True).order_by("-is_default", "added_at", "pk")
    )


def _locked(shopper: Shopper) -> list[Card]:
    Shopper.objects.select_for_update(no_key=True).get(pk=shopper.pk)
    return list(Card.objects.filter(shopper=shopper, removed_at__isnull=True).order_by("added_at", "pk"))


def _require(cards: list[Card], card_id: str) -> Card:
    card = next((one for one in cards if one.pk == card_id), None)
    if card is None:
        raise NotFoundError("There is no such card in this wallet.")
    return card


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
