"""Whose cards are whose, and which of them is proposed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from commerce.errors import NotFoundError
from commerce.wallet.mandates import grant_mandate, standing_mandates
from commerce.wallet.models import Card, Shopper
from commerce.wallet.services import (
    UnknownCardError,
    add_card,
    cards_of,
    guest_of,
    prefer_card,
    remove_card,
    shopper_of,
    take_over,
    welcome_guest,
)

VISA, MASTERCARD, AMEX = "pm_card_visa", "pm_card_mastercard", "pm_card_amex"


@pytest.fixture
def shopper(db: None) -> Shopper:
    return welcome_guest().shopper


def names(shopper: Shopper) -> list[str]:
    return [card.name for card in cards_of(shopper)]


def add(shopper: Shopper, *methods: str) -> list[Card]:
    return [add_card(shopper, method, now=timezone.now()) for method in methods]


def test_the_first_card_is_proposed(shopper: Shopper) -> None:
    add(shopper, VISA, MASTERCARD)
    assert names(shopper) == [VISA, MASTERCARD]


def test_a_card_is_in_a_wallet_once(shopper: Shopper) -> None:
    first, again = add(shopper, VISA, VISA)
    assert (first.pk, names(shopper)) == (again.pk, [VISA])


def test_another_card_may_be_proposed(shopper: Shopper) -> None:
    _, other = add(shopper, VISA, MASTERCARD)
    prefer_card(shopper, other.pk)
    assert names(shopper) == [MASTERCARD, VISA]


def test_when_the_proposed_card_goes_the_oldest_follows(shopper: Shopper) -> None:
    first, _, _ = add(shopper, VISA, MASTERCARD, AMEX)
    remove_card(shopper, first.pk, now=timezone.now())

    assert names(shopper) == [MASTERCARD, AMEX]
    assert add(shopper, VISA)[0].pk != first.pk


def test_cards_of_others_are_out_of_reach(shopper: Shopper) -> None:
    (card,) = add(welcome_guest().shopper, VISA)
    with pytest.raises(NotFoundError):
        prefer_card(shopper, card.pk)
    with pytest.raises(NotFoundError):
        remove_card(shopper, card.pk, now=timezone.now())


@pytest.mark.parametrize("method", ["pm_card_unheard_of", "4242424242424242", ""])
def test_only_test_cards_are_taken(shopper: Shopper, method: str) -> None:
    with pytest.raises(UnknownCardError):
        add(shopper, method)


def test_guests_are_known_by_their_key() -> None:
    assert guest_of("") is None


@pytest.mark.django_db
def test_a_guest_comes_back(shopper: Shopper) -> None:
    guest = welcome_guest()
    assert guest_of(guest.key) == guest.shopper
    assert guest_of(f"{guest.key}x") is None
    assert guest.key not in repr(Shopper.objects.values())


@pytest.mark.django_db
def test_who_logs_in_has_one_wallet() -> None:
    user = User.objects.create(username="ann", email="ann@example.com")
    assert shopper_of(user) == shopper_of(user)
    assert shopper_of(user).email == "ann@example.com"


def test_a_guest_s_wallet_goes_over_to_who_logs_in(db: None) -> None:
    now = timezone.now()
    guest, shopper = welcome_guest(), welcome_guest().shopper
    kept = add_card(shopper, "pm_card_visa", now=now)
    twice, other = (add_card(guest.shopper, one, now=now) for one in ("pm_card_visa", "pm_card_amex"))
    mandate = grant_mandate(guest.shopper, currency="usd", limit_per_order_minor=1)

    for _ in range(2):
        take_over(guest.shopper, shopper, now=now)

    assert [(one.pk, one.is_default) for one in cards_of(shopper)] == [(kept.pk, True), (other.pk, False)]
    twice.refresh_from_db()
    assert (twice.shopper, twice.removed_at) == (shopper, now)
    assert standing_mandates(shopper, now=now) == [mandate]
    assert (cards_of(guest.shopper), guest_of(guest.key)) == ([], None)


@pytest.mark.django_db
def test_a_key_names_nobody_who_has_a_login() -> None:
    guest = welcome_guest()
    assert guest_of(guest.key) == guest.shopper

    Shopper.objects.update(user=User.objects.create(username="ann"))

    assert guest_of(guest.key) is None
