"""A new shop: made by somebody who logs in, theirs from then on, and not live yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from commerce.accounts.members import add_member
from commerce.accounts.models import Membership, Merchant
from commerce.errors import CommerceError
from merchants.onboarding.countries import usual_currency, usual_time_zone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_SHOPS = 10
"""How many shops one person opens without asking the operator."""

_TRIES = 20


class TooManyShopsError(CommerceError):
    """Somebody owns as many shops as one person may open."""

    code = "too_many_shops"


@transaction.atomic
def open_shop(owner: User, *, name: str, country: str) -> Merchant:
    """Make a shop with what is usual in its country, and its first owner. It is not live.

    Payments go nowhere before the owner says where. Raises TooManyShopsError.
    """
    if owner.memberships.filter(role=Membership.Role.OWNER).count() >= MOST_SHOPS:
        raise TooManyShopsError(f"You own {MOST_SHOPS} shops. Ask the operator of this installation for more.")
    merchant = _created(name.strip(), country, owner.email)
    add_member(merchant, owner, Membership.Role.OWNER)
    return merchant


def _created(name: str, country: str, email: str) -> Merchant:
    """Make the row, under the first short name of its kind that is free."""
    stem = slugify(name)[:44] or "shop"
    for number in range(1, _TRIES + 1):
        slug = stem if number == 1 else f"{stem}-{number}"
        try:
            with transaction.atomic():
                return Merchant.objects.create(
                    slug=slug,
                    name=name,
                    status=Merchant.Status.NEW,
                    country=country,
                    currency=usual_currency(country),
                    time_zone=usual_time_zone(country),
                    support_email=email,
                    uses_installation_account=False,
                )
        except IntegrityError:
            continue
    raise TooManyShopsError(f"There are many shops called {name}. Take another name; it can be changed later.")
