from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from pytest_django import Settings

from commerce.outbox import relay
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import (
    MOST_TRIES,
    RETRY_SECONDS,
    Event,
    RetryLaterError,
    _arrears,
    _handle,
    claim,
    drain,
)
from commerce.outbox.services import record_event, replay_dead
from commerce.outbox.threads import THREADS
from tests.connections import pool
from tests.waiting import HANG_GUARD, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

heard: list[tuple[str, str]] = []


def first(event: Event) -> None:
    heard.append(("first", event.key))


def second(event: Event) -> None:
    heard.append(("second", event.key))


def stubborn(event: Event) -> None:
    raise RuntimeError("not today")


def patient(event: Event) -> None:
    raise RetryLaterError("the provider sleeps")


def told_when(event: Event) -> None:
    raise RetryLaterError("the provider sleeps for a while", after=timedelta(hours=2))


answered = threading.Event()


def asks(event: Event) -> None:
    answered.wait(HANG_GUARD)
    heard.append(("asks", event.key))


def closes_the_database(event: Event) -> None:
    """End every connection to the database, and let nobody in before `allow_connections`."""
    heard.append(("closes", event.key))
    name = connection.settings_dict["NAME"]
    with elsewhere() as server:
        server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    raise OperationalError("the database is closed")


def allow_connections() -> None:
    with elsewhere() as server:
        server.execute(f'ALTER DATABASE "{connection.settings_dict["NAME"]}" WITH ALLOW_CONNECTIONS true')
    connection.close()


def elsewhere() -> psycopg.Connection:
    """Connect to another database of the server."""
    given = connection.get_connection_params()
    there = {key: given[key] for key in ("user", "password", "host", "port") if given.get(key)}
    return psycopg.connect(dbname="postgres", autocommit=True, **there)


def cut_off(event: Event) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture(autouse=True)
def _subscribers(settings: Settings) -> Iterator[None]:
    heard.clear()
    answered.clear()
    settings.OUTBOX_ASKING_TOPICS = ["asking"]
    settings.OUTBOX_SUBSCRIBERS = {
        "both": ["tests.outbox.test_relay.first", "tests.outbox.test_relay.second"],
        "mixed": ["tests.outbox.test_relay.stubborn", "tests.outbox.test_relay.second"],
        "patient": ["tests.outbox.test_relay.patient"],
        "cut": ["tests.outbox.test_relay.cut_off"],
        "asking": ["tests.outbox.test_relay.asks"],
        "closing": ["tests.outbox.test_relay.closes_the_database"],
        "told": ["tests.outbox.test_relay.told_when"],
    }
    yield
    answered.set()


def record(topic: str, key: str = "ord_1") -> None:
    with transaction.atomic():
        record_event(topic, key=key, now=timezone.now())


def record_and_fail() -> None:
    record_event("both", key="ord_1", now=timezone.now())
    raise RuntimeError("afterwards")


def make_due() -> None:
    OutboxEvent.objects.update(due_at=timezone.now())


def test_each_subscriber_hears_an_event_once() -> None:
    record("both")

    assert [drain(), drain()] == [2, 0]
    assert sorted(heard) == [("first", "ord_1"), ("second", "ord_1")]
    assert OutboxEvent.objects.count() == 0


def test_an_event_of_a_transaction_that_failed_never_was() -> None:
    with pytest.raises(RuntimeError, match="afterwards"), transaction.atomic():
        record_and_fail()

    assert drain() == 0


def test_a_failing_subscriber_holds_up_nobody() -> None:
    record("mixed")

    assert drain() == 1
    left = OutboxEvent.objects.get()
    assert (heard, left.subscriber) == ([("second", "ord_1")], "tests.outbox.test_relay.stubborn")
    assert left.last_error == "RuntimeError: not today"
    assert left.due_at > timezone.now()


def test_what_keeps_failing_is_given_up_with_an_alarm_and_can_be_replayed(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    record("patient")
    for _ in range(len(RETRY_SECONDS) + 1):
        assert "given up" not in caplog.text
        drain()
        make_due()

    assert "an event was given up: the provider sleeps" in caplog.text

    dead = OutboxEvent.objects.get()
    assert (dead.status, dead.last_error, drain()) == ("dead", "the provider sleeps", 0)

    OutboxEvent.objects.update(subscriber="tests.outbox.test_relay.first")
    assert replay_dead(now=timezone.now()) == 1
    assert drain() == 1
    assert heard == [("first", "ord_1")]


def test_a_subscriber_may_say_how_long_to_wait() -> None:
    before = timezone.now()
    record("told")

    drain()

    left = OutboxEvent.objects.get()
    assert timedelta(hours=2) <= left.due_at - before < timedelta(hours=2, minutes=1)
    assert left.last_error == "the provider sleeps for a while"


def test_two_relays_never_take_the_same() -> None:
    for number in range(5):
        record("patient", f"ord_{number}")

    one, other = claim(now=timezone.now(), limit=3), claim(now=timezone.now(), limit=3)

    assert [len(one), len(other)] == [3, 2]
    assert not {taken.event.id for taken in one} & {taken.event.id for taken in other}


def test_never_more_is_taken_than_there_is_room_for() -> None:
    for number in range(9):
        record("patient", f"ord_{number}")
    with connection.cursor() as cursor:  # the planner goes about it in its most foolish way
        for way in ("hashjoin", "mergejoin", "hashagg", "material", "sort"):
            cursor.execute(f"SET enable_{way} = off")

    taken = claim(now=timezone.now(), limit=3)

    connection.cursor().execute("RESET ALL")
    assert sorted(one.event.key for one in taken) == ["ord_0", "ord_1", "ord_2"]


def test_what_a_killed_worker_took_is_taken_again() -> None:
    record("both")
    claim(now=timezone.now(), limit=10)
    assert drain() == 0

    OutboxEvent.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    assert drain() == 2


def test_every_subscriber_of_the_settings_exists() -> None:
    from commerce import settings as project

    for topic, paths in project.OUTBOX_SUBSCRIBERS.items():
        assert paths, topic
        for path in paths:
            assert callable(import_string(path))
    with pytest.raises((ImportError, ImproperlyConfigured)):
        import_string("commerce.nothing.at_all")


def test_an_event_whose_connection_broke_is_tried_again_soon() -> None:
    record("cut")

    assert drain() == 0

    event = OutboxEvent.objects.get()
    assert (event.status, event.tries) == ("pending", 1)
    assert event.last_error.startswith("OperationalError: terminating connection")
    assert event.due_at - timezone.now() < timedelta(seconds=2)


def test_what_asks_others_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "GATHER_SECONDS", 0.05)
    for number in range(THREADS + 1):
        record("asking", f"ord_{number}")
    record("both")

    asking = OutboxEvent.objects.filter(topic="asking")
    wait_until(
        lambda: drain(seconds=0) >= 0 and not OutboxEvent.objects.exclude(pk__in=asking).exists(), "the rest"
    )
    assert sorted(heard) == [("first", "ord_1"), ("second", "ord_1")]
    assert asking.filter(tries=1).count() == THREADS  # one more than can be at work waits untried
    assert asking.count() == THREADS + 1

    answered.set()
    wait_until(lambda: drain() >= 0 and not OutboxEvent.objects.exists(), "what asks")
    assert sorted(heard)[0:2] == [("asks", "ord_0"), ("asks", "ord_1")]
    assert len(heard) == 2 + THREADS + 1  # each once, those too that ended behind the first


def test_what_another_relay_has_taken_since_is_left_to_it() -> None:
    record("patient")
    (late,) = claim(now=timezone.now(), limit=1)
    make_due()
    (held,) = claim(now=timezone.now() + timedelta(seconds=1), limit=1)

    assert _handle(late) is False

    assert OutboxEvent.objects.get().due_at == held.until


def test_what_ends_its_process_each_time_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    record("both")
    OutboxEvent.objects.update(tries=MOST_TRIES)

    assert drain() == 0

    assert set(OutboxEvent.objects.values_list("status", flat=True)) == {"dead"}
    assert (heard, "an event was given up" in caplog.text) == ([], True)


@pytest.fixture
def _reopened() -> Iterator[None]:
    yield
    allow_connections()


@pytest.mark.usefixtures("_reopened")
def test_what_could_not_be_written_without_a_database_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    record("closing")
    with monkeypatch.context() as patched, suppress(OperationalError, InterfaceError):
        patched.setattr(pool(), "timeout", 0.5)  # nobody is let in, however long they wait
        drain()
        wait_until(lambda: _arrears, "an event that could not be written")

    allow_connections()
    OutboxEvent.objects.update(subscriber="tests.outbox.test_relay.first")

    assert (drain(), heard) == (1, [("closes", "ord_1"), ("first", "ord_1")])
