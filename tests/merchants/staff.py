"""People who work for a shop, as browsers that are logged in."""

from __future__ import annotations

import time

from django.contrib.auth.models import User
from django.test import Client

from commerce.accounts.models import Membership, Merchant

ROLES = ("owner", "manager", "support", "reader")


def logged_in(browser: Client, person: User, *, seconds_ago: float = 0) -> Client:
    """Return the browser of somebody who gave their password that long ago."""
    browser.force_login(person)
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - seconds_ago}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return browser


def member(merchant: Merchant, role: str, name: str = "") -> Client:
    """Return the browser of somebody who has that role in a shop, and no other."""
    person = User.objects.create_user(
        name or f"{role} of {merchant.slug}", password="a long password", is_staff=True
    )
    Membership.objects.create(user=person, merchant=merchant, role=role)
    return logged_in(Client(), person)


def staff_of(*roles: tuple[Merchant, str]) -> Client:
    """Return the browser of somebody who has roles in several shops, or in none."""
    person = User.objects.create_user("somebody", password="a long password", is_staff=True)
    Membership.objects.bulk_create(Membership(user=person, merchant=shop, role=role) for shop, role in roles)
    return logged_in(Client(), person)
