"""Owners say who of their staff may do what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from commerce.accounts.invitations import InvitationOverError, find_open, invite, token_of
from commerce.accounts.members import LastOwnerError, change_role, remove_member
from commerce.accounts.models import Invitation, Membership, Merchant, StaffAction
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
    assert "successfully" not in deleted.content.decode()
    assert not StaffAction.objects.exists()
    row.refresh_from_db()
    assert row.role == "owner"
    with pytest.raises(LastOwnerError):
        change_role(row, "support", now=timezone.now())
    with pytest.raises(LastOwnerError):
        remove_member(row, now=timezone.now())


def test_owners_do_not_leave_all_at_once(owner: Client, shop: Merchant, ada: User) -> None:
    rows = [Membership.objects.get(), Membership.objects.create(user=ada, merchant=shop, role="owner")]
    selected = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}

    answer = owner.post(LIST, selected)

    refused(answer, "ada stays. This is the last owner.")
    assert Membership.objects.count() == 2
    assert not StaffAction.objects.exists()


def test_an_owner_who_is_the_last_by_now_stays_and_is_told_so(
    owner: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Membership.objects.get()
    monkeypatch.setattr("merchants.admin.members.last_owners", lambda leaving: [])  # as it was a moment before

    answer = owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}, follow=True).content.decode()

    assert "olive stays. This is the last owner." in answer
    assert "successfully" not in answer
    assert not StaffAction.objects.exists()


def test_who_is_removed_is_written_down(owner: Client, shop: Merchant, ada: User) -> None:
    first = Membership.objects.create(user=ada, merchant=shop, role="support")

    owner.post(f"{LIST}{first.pk}/delete/", {"post": "yes"})
    second = Membership.objects.create(user=ada, merchant=shop, role="support")
    owner.post(LIST, {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"})

    entries = StaffAction.objects.order_by("pk").values_list("kind", "row", "subject")
    name = "ada of Harbor Supply"
    assert list(entries) == [("deleted", str(first.pk), name), ("deleted", str(second.pk), name)]


@pytest.mark.parametrize("how", ["removed", "made support"])
def test_who_is_no_owner_any_more_has_left_no_way_back(owner: Client, shop: Merchant, ada: User, how: str) -> None:
    row, now = Membership.objects.create(user=ada, merchant=shop, role="owner"), timezone.now()
    back = invite(shop, email="ada.too@example.com", role="owner", by=ada, now=now)
    other = invite(shop, email="sam@example.com", role="support", by=User.objects.get(username="olive"), now=now)

    if how == "removed":
        owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    else:
        owner.post(f"{LIST}{row.pk}/change/", {"role": "support"})

    assert list(Invitation.objects.filter(withdrawn_at__isnull=True)) == [other]
    with pytest.raises(InvitationOverError):
        find_open(token_of(back), now=now)


def test_one_of_two_owners_may_go(shop: Merchant, ada: User) -> None:
    first = Membership.objects.create(user=ada, merchant=shop, role="owner")
    member(shop, "owner", "olive")

    remove_member(first, now=timezone.now())

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
