from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from pytest_django import Settings

from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import RETRY_SECONDS, Event, RetryLaterError, claim, drain
from commerce.outbox.services import record_event, replay_dead

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


@pytest.fixture(autouse=True)
def _subscribers(settings: Settings) -> None:
    heard.clear()
    settings.OUTBOX_SUBSCRIBERS = {
        "both": ["tests.outbox.test_relay.first", "tests.outbox.test_relay.second"],
        "mixed": ["tests.outbox.test_relay.stubborn", "tests.outbox.test_relay.second"],
        "patient": ["tests.outbox.test_relay.patient"],
        "told": ["tests.outbox.test_relay.told_when"],
    }


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
    assert not {event.id for event in one} & {event.id for event in other}


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
