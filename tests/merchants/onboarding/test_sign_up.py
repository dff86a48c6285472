"""Somebody who has a shop comes in by themselves: an address that is theirs, a password, and a name for the shop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from commerce.accounts.models import Membership, Merchant
from merchants.onboarding.opening import MOST_SHOPS
from tests.factories import MerchantFactory
from tests.merchants.admin_forms import refused
from tests.merchants.staff import member

pytestmark = pytest.mark.django_db

SIGN_UP, CODE, SHOP = "/account/signup/", "/account/confirm-email/", "/account/shop/"
EMAIL, PASSWORD = "ada@harborsupply.example", "a password of mine"
NEW = {"email": EMAIL, "password1": PASSWORD}


def code_in(message: Any) -> str:
    found = re.search(r"^([A-Z0-9]{3,}(?:-[A-Z0-9]+)*)$", str(message.body), re.MULTILINE)
    assert found, message.body
    return found[1]


def sign_up(browser: Client, **told: str) -> Any:
    return browser.post(SIGN_UP, {**NEW, **told})


def signed_up(browser: Client) -> User:
    sign_up(browser)
    browser.post(CODE, {"code": code_in(mail.outbox[-1])})
    return User.objects.get(email=EMAIL)


def test_from_an_address_to_the_setup_of_a_shop(client: Client) -> None:
    asked = sign_up(client)
    verified = client.post(asked["Location"], {"code": code_in(mail.outbox[0])})
    opened = client.post(verified["Location"], {"name": "Harbor Supply", "country": "US"}, follow=True)

    assert (asked["Location"], verified["Location"]) == (CODE, SHOP)
    assert opened.redirect_chain[-1][0] == "/admin/accounts/merchant/setup/"
    assert "Harbor Supply is not live yet" in opened.content.decode()
    shop = Merchant.objects.get()
    assert (shop.status, Membership.objects.get().role) == ("new", "owner")
    assert EmailAddress.objects.get().verified is True
    assert mail.outbox[0].to == [EMAIL]


def test_who_signs_up_may_have_an_address_that_is_anothers_name(client: Client) -> None:
    User.objects.create_user(EMAIL, "operator@harborsupply.example", "correct horse battery")

    person = signed_up(client)

    assert person.username not in ("", EMAIL)


def test_who_has_just_signed_up_is_not_asked_for_the_password_again(client: Client) -> None:
    signed_up(client)
    client.post(SHOP, {"name": "Harbor Supply", "country": "US"})

    assert client.get("/admin/accounts/merchant/setup/payments/").status_code == 200


def test_a_shop_is_not_named_by_a_web_address(client: Client, olive: User) -> None:
    client.force_login(olive)

    refused(client.post(SHOP, {"name": "Win at https://evil.example", "country": "US"}), "no web address")
    assert not Merchant.objects.exists()


def test_without_the_code_nobody_is_let_in(client: Client) -> None:
    sign_up(client)

    client.post(CODE, {"code": "WRONG"})

    assert client.get(SHOP).status_code == 302
    assert client.get("/admin/").status_code == 302
    browser = Client()
    browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
    assert "_auth_user_id" not in browser.session
    assert not Merchant.objects.exists()


def test_guessing_codes_ends_the_attempt(client: Client) -> None:
    sign_up(client)
    right = code_in(mail.outbox[0])

    for _ in range(5):
        client.post(CODE, {"code": "WRONG"})
    client.post(CODE, {"code": right})

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"password1": "short"}, "This password is too short."),
        ({"password1": "password1234"}, "This password is too common."),
        ({"password1": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_said(client: Client, told: dict[str, str], words: str) -> None:
    refused(sign_up(client, **told), words)

    assert not User.objects.exists()
    assert mail.outbox == []


def test_an_address_that_is_known_is_not_given_away(client: Client) -> None:
    User.objects.create_user("olive", EMAIL, PASSWORD)

    answer = sign_up(client)

    assert answer["Location"] == CODE
    assert User.objects.count() == 1
    assert mail.outbox[0].to == [EMAIL]
    assert not re.search(r"^[A-Z0-9]{6}$", str(mail.outbox[0].body), re.MULTILINE)


def test_signing_up_is_limited_by_address(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "2/h/ip"}

    statuses = [sign_up(Client(), email=f"ada{number}@harborsupply.example").status_code for number in range(3)]

    assert statuses == [302, 302, 429]
    assert User.objects.count() == 2


def test_an_unverified_stranger_is_not_made_a_member(client: Client) -> None:
    """Somebody could sign up with another's address and wait to be added under it."""
    sign_up(client)
    shop = MerchantFactory.create()

    answer = member(shop, "owner").post(
        "/admin/accounts/membership/add/", {"merchant": shop.pk, "person": EMAIL, "role": "manager"}
    )

    refused(answer, "They have not confirmed their e-mail address.")
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "", "country": "US"}, "This field is required."),
        ({"name": "Harbor Supply", "country": ""}, "This field is required."),
        ({"name": "Harbor Supply", "country": "ZZ"}, "Select a valid choice."),
    ],
)
def test_a_shop_has_a_name_and_a_country(client: Client, told: dict[str, str], words: str) -> None:
    signed_up(client)

    refused(client.post(SHOP, told), words)

    assert not Merchant.objects.exists()


def test_shops_have_an_end(client: Client) -> None:
    user = signed_up(client)
    for _ in range(MOST_SHOPS):
        Membership.objects.create(user=user, merchant=MerchantFactory.create(), role="owner")

    refused(client.post(SHOP, {"name": "One more", "country": "US"}), f"You own {MOST_SHOPS} shops.")

    assert not Merchant.objects.filter(name="One more").exists()


def test_who_has_signed_up_and_left_comes_back_to_opening_a_shop(client: Client) -> None:
    signed_up(client)
    browser = Client()

    answer = browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})

    assert answer["Location"] == SHOP
    assert "Open one" in browser.get("/admin/login/").content.decode()


def test_where_it_is_closed_no_shop_is_opened_either(client: Client, settings: Settings) -> None:
    signed_up(client)
    settings.SIGN_UP_OPEN = False

    answer = client.post(SHOP, {"name": "Harbor Supply", "country": "US"})

    assert answer.status_code == 403
    assert not Merchant.objects.exists()


def test_an_operator_needs_no_mail(client: Client) -> None:
    User.objects.create_superuser("chief", "chief@example.com", PASSWORD)

    answer = client.post("/account/login/", {"login": "chief", "password": PASSWORD})

    assert answer["Location"] == "/admin/"
    assert mail.outbox == []
