from __future__ import annotations

import threading
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from commerce.environment import hosts_of
from commerce.outbox.nudge import Nudge
from tests.waiting import HANG_GUARD, wait_until


def test_live_touches_nothing() -> None:
    response = Client().get("/health/live")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_health_is_told_by_any_address_and_nothing_else_is(settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["shop.example"], True
    inside, public = Client(headers={"Host": "10.0.0.7:8000"}), Client(headers={"Host": "shop.example"})

    assert [inside.get(f"/health/{one}").status_code for one in ("live", "ready")] == [200, 200]
    assert [inside.get("/").status_code, public.get("/", secure=True).status_code] == [400, 200]


@pytest.mark.parametrize(
    ("public", "hosts"),
    [
        ("https://shop.example", "shop.example"),
        ("http://127.0.0.1:8000", "127.0.0.1,localhost,127.0.0.1,[::1]"),
    ],
)
def test_a_deployment_is_called_by_its_public_name_alone(public: str, hosts: str) -> None:
    assert hosts_of(urlsplit(public)) == hosts


@pytest.mark.django_db
def test_ready_when_everything_answers() -> None:
    response = Client().get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "ready", "postgresql": True, "broker": True, "clock": True}


@pytest.mark.django_db
def test_without_a_broker_the_shop_still_sells(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"

    response = Client().get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "postgresql": True, "broker": False, "clock": True}


def test_without_a_database_nobody_should_come(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr("commerce.health.connection.cursor", refuse)

    response = Client().get("/health/ready")

    assert (response.status_code, response.json()["status"]) == (503, "unavailable")


class Hanging:
    """A task of this test's own, so that no other nudge asks for it."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_under_way = threading.Event()
        self.go_on = threading.Event()

    def apply_async(self, **_: object) -> None:
        self.asked += 1
        self.is_under_way.set()
        self.go_on.wait(HANG_GUARD)
        self.is_under_way.clear()


HANGING = Hanging()


def test_a_nudge_returns_at_once_though_the_broker_hangs() -> None:
    nudge = Nudge(f"{__name__}.HANGING")

    nudge.send()
    assert HANGING.is_under_way.wait(HANG_GUARD)
    for _ in range(1000):
        nudge.send()

    assert HANGING.is_under_way.is_set()  # still: it returns only once it is told to
    assert HANGING.asked == 1
    HANGING.go_on.set()
    wait_until(lambda: HANGING.asked == 2, "one more message for the thousand")
