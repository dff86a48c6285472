"""A new shop has what is usual in its country, belongs to who opened it, and sells nothing yet."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from commerce.accounts.models import Membership, Merchant
from merchants.onboarding.countries import country_choices
from merchants.onboarding.opening import MOST_SHOPS, TooManyShopsError, open_shop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("country", "currency", "time_zone"),
    [
        ("US", "usd", "America/New_York"),
        ("DE", "eur", "Europe/Berlin"),
        ("JP", "jpy", "Asia/Tokyo"),
        ("CH", "chf", "Europe/Zurich"),
        ("AU", "aud", "Australia/Sydney"),
        ("GB", "gbp", "Europe/London"),
        ("XK", "eur", "Europe/Belgrade"),
    ],
)
def test_a_shop_begins_with_what_is_usual_in_its_country(
    olive: User, country: str, currency: str, time_zone: str
) -> None:
    shop = open_shop(olive, name="Harbor Supply", country=country)

    assert (shop.currency, shop.time_zone, shop.country) == (currency, time_zone, country)
    assert (shop.slug, shop.status, shop.support_email) == ("harbor-supply", "new", olive.email)
    assert shop.uses_installation_account is False


def test_any_country_can_be_chosen(olive: User) -> None:
    for code, name in country_choices():
        shop = Merchant(name=name, slug=code.lower(), country=code)
        assert len(name) > 2
        shop.clean_fields(exclude=["payment_account"])


def test_who_opens_a_shop_owns_it_and_gets_into_the_back_office(olive: User) -> None:
    shop = open_shop(olive, name="Harbor Supply", country="US")

    olive.refresh_from_db()
    assert olive.is_staff
    assert Membership.objects.values_list("user", "merchant", "role").get() == (olive.pk, shop.pk, "owner")


@pytest.mark.parametrize(("name", "slug"), [("Harbor Supply", "harbor-supply"), ("港口商店", "shop")])
def test_a_name_that_is_taken_gets_a_number(olive: User, name: str, slug: str) -> None:
    slugs = [open_shop(olive, name=name, country="US").slug for _ in range(3)]

    assert slugs == [slug, f"{slug}-2", f"{slug}-3"]


def test_nobody_opens_shops_without_end(olive: User) -> None:
    for _ in range(MOST_SHOPS):
        open_shop(olive, name="Harbor Supply", country="US")

    with pytest.raises(TooManyShopsError):
        open_shop(olive, name="Harbor Supply", country="US")

    assert Merchant.objects.count() == MOST_SHOPS
