"""Who administers everything."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.merchants.staff import logged_in


@pytest.fixture
def chief(client: Client) -> Client:
    return logged_in(client, User.objects.create_superuser("chief", password="a long password"))
