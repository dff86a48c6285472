"""A shop that was just opened, and its owner at a browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from commerce.accounts.models import Merchant
from merchants.onboarding.opening import open_shop
from tests.merchants.staff import logged_in


@pytest.fixture
def olive(db: None) -> User:
    return User.objects.create_user("olive", "olive@harborsupply.example", "a long password")


@pytest.fixture
def shop(olive: User) -> Merchant:
    """Harbor Supply of the US, opened a moment ago; nothing is set up."""
    return open_shop(olive, name="Harbor Supply", country="US")


@pytest.fixture
def owner(olive: User, shop: Merchant) -> Client:
    olive.refresh_from_db()
    return logged_in(Client(), olive)
