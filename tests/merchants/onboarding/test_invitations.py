"""Owners invite by e-mail; the link lets in whoever the address belongs to, once, and for a week."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from commerce.accounts.invitations import (
    MOST_A_DAY,
    MOST_A_DAY_WHILE_NEW,
    InvitationOverError,
    TooManyInvitationsError,
    accept,
    invite,
    token_of,
    withdraw,
)
from commerce.accounts.members import AlreadyMemberError, add_member
from commerce.accounts.models import Invitation, Membership, Merchant, StaffAction
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import drain
from merchants.onboarding.mails import mail_invitation
from merchants.onboarding.subscribers import send_invitation
from tests.factories import MerchantFactory
from tests.merchants.admin_forms import refused
from tests.merchants.staff import logged_in, member

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/invitation/"
EMAIL, PASSWORD = "ada@harborsupply.example", "a password of mine"


@pytest.fixture
def shop() -> Merchant:
    return MerchantFactory.create(name="Harbor Supply")


def invited(shop: Merchant, role: str = "manager", email: str = EMAIL) -> Invitation:
    return invite(shop, email=email, role=role, by=None, now=timezone.now())


def link(invitation: Invitation) -> str:
    return f"/account/invitations/{token_of(invitation)}/"


@pytest.mark.django_db(transaction=True)
def test_an_owner_invites_and_the_link_is_sent(shop: Merchant) -> None:
    browser = member(shop, "owner", "olive")

    answer = browser.post(
        f"{LIST}add/", {"merchant": shop.pk, "email": "Ada@HarborSupply.example", "role": "support"}
    )
    drain()

    assert answer["Location"] == LIST
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([EMAIL], "You are invited to Harbor Supply")
    assert "olive invites you to work in the shop Harbor Supply, as support" in message.body
    (path,) = re.findall(r"http://127\.0\.0\.1:8000(/account/invitations/\S+/)", str(message.body))
    assert path == link(Invitation.objects.get())
    assert Client().get(path).status_code == 200
    assert not OutboxEvent.objects.exists()
    assert [(one.kind, one.model) for one in StaffAction.objects.all()] == [("added", "accounts.invitation")]


def test_somebody_new_chooses_a_password_and_is_in(shop: Merchant, client: Client) -> None:
    invitation = invited(shop)

    answer = client.post(link(invitation), {"password": PASSWORD}, follow=True)

    person = User.objects.get(email=EMAIL)
    assert answer.redirect_chain[-1][0] == "/admin/"
    assert (person.username, person.is_staff, person.check_password(PASSWORD)) == (EMAIL, True, True)
    assert Membership.objects.values_list("user", "merchant", "role").get() == (person.pk, shop.pk, "manager")
    assert EmailAddress.objects.get(user=person).verified is True
    invitation.refresh_from_db()
    assert invitation.accepted_at is not None


def test_somebody_new_comes_in_though_another_is_called_by_their_address(shop: Merchant, client: Client) -> None:
    User.objects.create_user(EMAIL, "operator@harborsupply.example", PASSWORD)

    answer = client.post(link(invited(shop)), {"password": PASSWORD}, follow=True)

    assert answer.redirect_chain[-1][0] == "/admin/"
    person = User.objects.get(email=EMAIL)
    assert person.username not in ("", EMAIL)
    assert Membership.objects.get().user == person


def test_a_weak_password_is_refused(shop: Merchant, client: Client) -> None:
    refused(client.post(link(invited(shop)), {"password": "short"}), "This password is too short.")

    assert not User.objects.exists()


def test_somebody_with_an_account_logs_in_and_joins(shop: Merchant, client: Client) -> None:
    ada = User.objects.create_user("ada", EMAIL, PASSWORD, is_staff=True)
    path = link(invited(shop))

    asked = client.get(path)
    assert asked["Location"].startswith("/account/login/?next=")
    logged_in(client, ada)
    assert "You are logged in as ada." in client.get(path).content.decode()
    answer = client.post(path)

    assert answer["Location"] == "/admin/"
    assert client.session["shop"] == shop.pk
    assert Membership.objects.get().role == "manager"


def test_somebody_else_cannot_use_it(shop: Merchant, client: Client) -> None:
    eve = User.objects.create_user("eve", "eve@example.com", PASSWORD)
    path = link(invited(shop))
    logged_in(client, eve)

    assert client.get(path).status_code == 403
    assert client.post(path).status_code == 403

    assert not Membership.objects.exists()


def test_a_link_is_good_once(shop: Merchant, client: Client) -> None:
    path = link(invited(shop))
    client.post(path, {"password": PASSWORD})
    Membership.objects.all().delete()

    again = client.post(path)

    assert again.status_code == 410
    assert "This link is no longer good." in again.content.decode()
    assert not Membership.objects.exists()


def over(invitation: Invitation, how: str) -> str:
    if how == "withdrawn":
        withdraw(invitation, now=timezone.now())
    elif how == "late":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "sent again":
        invite(invitation.merchant, email=EMAIL, role="reader", by=None, now=timezone.now())
    elif how == "forged":
        return "/account/invitations/inv_1:abc:def/"
    return link(invitation)


@pytest.mark.parametrize("how", ["withdrawn", "late", "sent again", "forged"])
def test_links_that_are_over_let_nobody_in(shop: Merchant, client: Client, how: str) -> None:
    path = over(invited(shop), how)

    assert client.get(path).status_code == 410
    assert client.post(path, {"password": PASSWORD}).status_code == 410

    assert not User.objects.exists()


def test_two_who_press_at_once_join_once(shop: Merchant) -> None:
    ada = User.objects.create_user("ada", EMAIL, PASSWORD)
    invitation = invited(shop)
    accept(invitation, ada, now=timezone.now())

    with pytest.raises(InvitationOverError):
        accept(invitation, ada, now=timezone.now())

    assert Membership.objects.count() == 1


def test_a_member_is_not_invited(shop: Merchant) -> None:
    ada = User.objects.create_user("ada", EMAIL.upper(), PASSWORD)
    Membership.objects.create(user=ada, merchant=shop, role="reader")

    with pytest.raises(AlreadyMemberError):
        invited(shop)
    refused(
        member(shop, "owner").post(f"{LIST}add/", {"merchant": shop.pk, "email": EMAIL, "role": "owner"}),
        "is a member of Harbor Supply already.",
    )

    assert not Invitation.objects.exists()


def test_what_was_withdrawn_is_not_sent(shop: Merchant) -> None:
    invitation = invited(shop)
    withdraw(invitation, now=timezone.now())

    send_invitation(_event(invitation))

    assert mail.outbox == []


def _event(invitation: Invitation) -> Any:
    row = OutboxEvent.objects.get(key=invitation.pk)
    return type("Event", (), {"key": row.key})


def test_inviting_has_an_end(shop: Merchant) -> None:
    for number in range(MOST_A_DAY):
        invited(shop, email=f"ada{number}@example.com")

    with pytest.raises(TooManyInvitationsError):
        invited(shop, email="one-more@example.com")
    page = member(shop, "owner").post(
        f"{LIST}add/", {"merchant": shop.pk, "email": EMAIL, "role": "owner"}, follow=True
    )

    assert "Go on tomorrow." in page.content.decode()
    assert Invitation.objects.count() == MOST_A_DAY


def test_a_shop_that_is_not_live_invites_few() -> None:
    shop = MerchantFactory.create(status="new")
    for number in range(MOST_A_DAY_WHILE_NEW):
        invited(shop, email=f"ada{number}@example.com")

    with pytest.raises(TooManyInvitationsError, match="once the shop is live"):
        invited(shop)
    Merchant.objects.filter(pk=shop.pk).update(status="active")

    assert invited(shop).pk


def test_inviting_has_an_end_for_a_person_in_all_shops() -> None:
    olive = User.objects.create_user("olive")
    shops = MerchantFactory.create_batch(2)
    for number in range(MOST_A_DAY):
        email = f"ada{number}@example.com"
        invite(shops[number % 2], email=email, role="reader", by=olive, now=timezone.now())

    with pytest.raises(TooManyInvitationsError, match="You have invited 50 people today"):
        invite(shops[0], email=EMAIL, role="reader", by=olive, now=timezone.now())
    assert invited(shops[0]).pk


def test_a_name_in_several_lines_is_one_line_in_the_mail() -> None:
    invitation = invited(MerchantFactory.create(name="Harbor\r\nBcc: eve@example.com\rSupply"))

    mail_invitation(invitation)

    (sent,) = mail.outbox
    assert sent.subject == "You are invited to Harbor Bcc: eve@example.com Supply"
    assert (sent.recipients(), "work in the shop Harbor Bcc:" in sent.body) == ([EMAIL], True)


def test_invitations_are_withdrawn_and_sent_again(shop: Merchant) -> None:
    browser = member(shop, "owner")
    first = invited(shop, role="support")

    browser.post(LIST, {"action": "invite_again", "_selected_action": [first.pk]})
    second = Invitation.objects.exclude(pk=first.pk).get()
    browser.post(LIST, {"action": "withdraw_invitations", "_selected_action": [second.pk]})

    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.role, first.withdrawn_at is None, second.withdrawn_at is None) == ("support", False, False)


def test_who_has_become_a_member_is_not_invited_again(shop: Merchant) -> None:
    browser = member(shop, "owner")
    ada, grace = invited(shop, email="ada@example.com"), invited(shop, email="grace@example.com")
    add_member(shop, User.objects.create_user("ada", "ada@example.com", "a long password"), "support")

    data = {"action": "invite_again", "_selected_action": [ada.pk, grace.pk]}
    page = browser.post(LIST, data, follow=True).content.decode()

    assert "ada@example.com is a member of" in page
    assert "1 sent again." in page
    assert Invitation.objects.filter(withdrawn_at__isnull=True).count() == 2


@pytest.mark.parametrize("role", ["manager", "support", "reader"])
def test_only_owners_invite(shop: Merchant, role: str) -> None:
    answer = member(shop, role).post(f"{LIST}add/", {"merchant": shop.pk, "email": EMAIL, "role": "owner"})

    assert answer.status_code == 403
    assert not Invitation.objects.exists()
