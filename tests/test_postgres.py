"""Connections from the pool: none that the server has ended, and no question to find out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from commerce.accounts.models import Merchant
from commerce.environment import database
from commerce.postgres import base

pytestmark = pytest.mark.django_db(transaction=True)


POOL: int = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]


def backend() -> int:
    """Return the server's process behind a connection from the pool, and give it back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        number = int(cursor.fetchone()[0])
    connections.close_all()
    return number


@pytest.fixture
def outsider() -> Iterator[psycopg.Connection[Any]]:
    """A connection beside the pool."""
    parts = connection.settings_dict
    place = {name: parts[name.upper()] for name in ("user", "password", "host", "port") if parts[name.upper()]}
    with psycopg.connect(dbname=parts["NAME"], **place) as opened:
        opened.autocommit = True
        yield opened


def test_a_connection_is_used_again_and_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_answers", None)

    used = {backend() for _ in range(POOL + 20)}

    assert len(used) <= POOL


def test_connections_that_the_server_has_ended_are_never_handed_out(outsider: psycopg.Connection[Any]) -> None:
    before = {backend() for _ in range(POOL + 20)}

    for number in before:
        outsider.execute("SELECT pg_terminate_backend(%s, 5000)", [number])

    assert {backend() for _ in range(POOL + 20)}.isdisjoint(before)
    assert Merchant.objects.count() == 0


def test_a_server_that_vanishes_is_noticed_within_20_seconds() -> None:
    options = database("postgresql://shop@db.example.com/commerce?keepalives_idle=5")["OPTIONS"]

    idle, interval, count = (options[f"keepalives_{name}"] for name in ("idle", "interval", "count"))
    assert (idle, interval, count, options["tcp_user_timeout"]) == ("5", "3", "3", "10000")
    with connection.cursor():
        used = connection.connection.info.get_parameters()
    assert (used["keepalives_idle"], used["tcp_user_timeout"]) == ("10", "10000")
