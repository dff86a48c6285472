from __future__ import annotations

import time

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from commerce.outbox.nudge import Nudge


def test_live_touches_nothing() -> None:
    response = Client().get("/health/live")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_when_everything_answers() -> None:
    response = Client().get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "ready", "postgresql": True, "broker": True}


@pytest.mark.django_db
def test_without_a_broker_the_shop_still_sells(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"

    response = Client().get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "postgresql": True, "broker": False}


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

    def apply_async(self, **_: object) -> None:
        self.asked += 1
        time.sleep(5)


HANGING = Hanging()


def test_a_nudge_returns_at_once_though_the_broker_hangs() -> None:
    nudge = Nudge(f"{__name__}.HANGING")

    started = time.monotonic()
    for _ in range(1000):
        nudge.send()

    assert time.monotonic() - started < 0.5
    time.sleep(0.1)
    assert HANGING.asked == 1
