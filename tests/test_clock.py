from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from commerce import clock
from commerce.clock import _Comparison
from tests.waiting import HANG_GUARD

TEN_MINUTES = timedelta(minutes=10)
CLOSE = TEN_MINUTES / 10
"""What one look at a clock and the next are apart, on the slowest of machines."""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real_time]


@pytest.fixture(autouse=True)
def _never_compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_Comparison, "next_at", None)
    monkeypatch.setattr(_Comparison, "ahead", timedelta())
    monkeypatch.setattr(clock, "ANSWERED_WITHIN", HANG_GUARD)
    monkeypatch.setattr(clock, "TOLERATED", CLOSE)
    connection.close()
    yield
    connection.close()


def true_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("wrong_by", [TEN_MINUTES, -TEN_MINUTES])
def test_a_wrong_clock_is_made_up_for_and_told(wrong_by: timedelta, caplog: pytest.LogCaptureFixture) -> None:
    with time_machine.travel(datetime.now(tz=UTC) + wrong_by):
        clock.set_early()

        assert abs(clock.now() - true_now()) < CLOSE
        assert not clock.is_right()

    (told,) = caplog.records
    assert (told.levelno, told.__dict__["seconds_ahead"]) == (
        logging.ERROR,
        pytest.approx(wrong_by.total_seconds(), abs=CLOSE.total_seconds()),
    )


def test_a_right_clock_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    clock.set_early()

    assert clock.is_right()
    assert _Comparison.ahead == timedelta()
    assert caplog.records == []


def test_clocks_are_compared_at_connections_and_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    true_now()
    with time_machine.travel(datetime.now(tz=UTC) + TEN_MINUTES) as travel:
        connection.close()
        true_now()
        assert clock.is_right()  # as far as it knew less than a minute ago

        monkeypatch.setattr(_Comparison, "next_at", 0.0)
        connection.close()
        true_now()
        assert not clock.is_right()

        travel.shift(-TEN_MINUTES)
        monkeypatch.setattr(_Comparison, "next_at", 0.0)
        connection.close()
        true_now()
        assert clock.is_right()


def test_an_answer_that_took_long_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "ANSWERED_WITHIN", -1.0)

    clock.compare(lambda: datetime.now(tz=UTC) + TEN_MINUTES)

    assert clock.is_right()
    assert _Comparison.next_at is None
