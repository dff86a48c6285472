"""Owners say who of their staff may do what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from commerce.accounts.members import LastOwnerError, change_role, remove_member
from commerce.accounts.models import Membership, Merchant
from commerce.accounts.selectors import has_role, merchants_of
from tests.factories import MerchantFactory
from tests.merchants.admin_forms import refused
from tests.merchants.staff import member

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/membership/"


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create()


@pytest.fixture
def owner(shop: Merchant) -> Client:
    return member(shop, "owner", "olive")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@harborsupply.example", "a long password")


def new(merchant: Merchant, person: str, role: str = "support") -> dict[str, str]:
    return {"merchant": merchant.pk, "person": person, "role": role}


@pytest.mark.parametrize("name", ["ada", "ADA@harborsupply.example"])
def test_an_owner_adds_somebody(owner: Client, shop: Merchant, ada: User, name: str) -> None:
    assert owner.post(f"{LIST}add/", new(shop, name)).status_code == 302

    ada.refresh_from_db()
    assert (has_role(ada, shop, "support"), has_role(ada, shop, "owner")) == (True, False)
    assert list(merchants_of(ada)) == [shop]
    assert ada.is_staff


def test_who_cannot_be_added_is_a_form_error(owner: Client, shop: Merchant, ada: User) -> None:
    User.objects.create_user("gone", password="a long password", is_active=False)
    User.objects.create_user("twin", ada.email, "a long password")

    for name in ("nobody", "gone", ada.email):
        refused(owner.post(f"{LIST}add/", new(shop, name)), "Nobody, or more than one")
    refused(owner.post(f"{LIST}add/", new(shop, "olive")), "olive is a member of Harbor Supply already.")
    refused(owner.post(f"{LIST}add/", new(shop, "ada", "king")), "is not one of the available choices")
    assert Membership.objects.count() == 1


def test_a_role_changes_and_ends(owner: Client, shop: Merchant, ada: User) -> None:
    row = Membership.objects.create(user=ada, merchant=shop, role="support")

    owner.post(f"{LIST}{row.pk}/change/", {"role": "manager"})
    as_manager = has_role(ada, shop, "manager")
    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    assert as_manager
    assert not has_role(ada, shop)


def test_the_last_owner_stays(owner: Client, shop: Merchant) -> None:
    row = Membership.objects.get()

    refused(owner.post(f"{LIST}{row.pk}/change/", {"role": "reader"}), "This is the last owner.")
    deleted = owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}, follow=True)
    selected = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    owner.post(LIST, selected)

    assert "olive stays. This is the last owner." in deleted.content.decode()
    row.refresh_from_db()
    assert row.role == "owner"
    with pytest.raises(LastOwnerError):
        change_role(row, "support")
    with pytest.raises(LastOwnerError):
        remove_member(row)


def test_one_of_two_owners_may_go(shop: Merchant, ada: User) -> None:
    first = Membership.objects.create(user=ada, merchant=shop, role="owner")
    member(shop, "owner", "olive")

    remove_member(first)

    assert list(Membership.objects.values_list("user__username", "role")) == [("olive", "owner")]


@pytest.mark.parametrize("role", ["manager", "support", "reader"])
def test_nobody_else_manages_members(shop: Merchant, ada: User, role: str) -> None:
    browser = member(shop, role)
    mine = Membership.objects.get()

    assert browser.post(f"{LIST}add/", new(shop, "ada", "owner")).status_code == 403
    assert browser.post(f"{LIST}{mine.pk}/change/", {"role": "owner"}).status_code == 403
    assert browser.post(f"{LIST}{mine.pk}/delete/", {"post": "yes"}).status_code == 403

    assert list(Membership.objects.values_list("role", flat=True)) == [role]


def test_who_is_asked_about(shop: Merchant, ada: User) -> None:
    other = MerchantFactory.create(name="Another")
    Membership.objects.create(user=ada, merchant=shop, role="reader")
    chief = User.objects.create_superuser("chief", password="a long password")

    assert (has_role(ada, shop), has_role(ada, other)) == (True, False)
    assert has_role(ada, shop, "manager", "reader")
    assert list(merchants_of(chief)) == [other, shop]
    assert has_role(chief, other, "owner")
    ada.is_active = False
    assert (has_role(ada, shop), list(merchants_of(ada))) == (False, [])
