"""Who sits in front of the page: somebody who is logged in, or a guest whom a cookie tells apart."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from agents.chat.services import take_over_guest
from commerce import clock
from commerce.wallet.models import Shopper
from commerce.wallet.services import FIRST_CARD, NewGuest, add_card, guest_of, shopper_of, welcome_guest

YEAR = 365 * 24 * 3600


def shopper_at(request: HttpRequest) -> Shopper | None:
    """Return who shops from this browser; None for somebody new. Who logs in is the guest from before, too."""
    guest = guest_of(request.COOKIES.get(settings.SHOPPER_COOKIE_NAME, ""))
    if not request.user.is_authenticated:
        return guest
    shopper = shopper_of(request.user)
    if guest is not None:
        take_over_guest(guest, shopper, now=clock.now())
    return shopper


def welcome(request: HttpRequest) -> tuple[Shopper, NewGuest | None]:
    """Return who shops from this browser, as a new guest with a first test card where nobody is known."""
    known = shopper_at(request)
    if known is not None:
        return known, None
    guest = welcome_guest()
    add_card(guest.shopper, FIRST_CARD, now=clock.now())
    return guest.shopper, guest


def remember(response: HttpResponse, guest: NewGuest | None) -> None:
    """Have the browser know a guest again."""
    if guest is not None:
        response.set_cookie(
            settings.SHOPPER_COOKIE_NAME,
            guest.key,
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
