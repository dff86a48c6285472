"""Which worker takes what: what must not wait stands behind nothing that takes long, and nothing is taken by nobody."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from commerce.celery import app
from commerce.schedule import MUST_NOT_WAIT, SCHEDULE

PROCFILE = settings.BASE_DIR / "Procfile"


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


def taken_by(process: str) -> list[str]:
    """Return the queues that a process of a deployment takes from."""
    (line,) = [line for line in PROCFILE.read_text().splitlines() if line.startswith(f"{process}:")]
    (queues,) = re.findall(r"--queues (\S+)", line)
    return str(queues).split(",")


def test_what_must_not_wait_has_a_worker_of_its_own() -> None:
    assert {queue_of(task) for task in MUST_NOT_WAIT} == {"celery"}
    assert taken_by("worker") == ["celery"]


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("commerce.inbox.tasks.fetch_missed_events_of", "books"),
        ("commerce.reconciliation.tasks.compare_slice", "books"),
        ("merchants.feeds.tasks.build_feed", "files"),
        ("merchants.imports.tasks.work", "files"),
        ("agents.chat.tasks.run", "chat"),
    ],
)
def test_what_takes_long_has_a_queue_of_its_own(task: str, queue: str) -> None:
    assert queue_of(task) == queue


def test_every_queue_is_taken_from() -> None:
    app.loader.import_default_modules()
    wanted = {queue_of(task) for task in app.tasks}

    assert wanted == {"celery", "books", "files", "chat"}
    assert wanted == {queue for process in ("worker", "slow", "chat") for queue in taken_by(process)}
    # A worker that is not told which takes all but the chat's.
    assert set(app.amqp.queues.consume_from) == wanted - {"chat"}


def test_what_nobody_has_begun_is_void_when_it_is_asked_for_again() -> None:
    lives = {name: entry["options"]["expires"] for name, entry in settings.CELERY_BEAT_SCHEDULE.items()}

    assert lives.keys() == SCHEDULE.keys()
    assert lives["relay the outbox"] == 30
    assert lives["chase captures"] == 3600
    assert lives["compare books of the last days"] == 3600
