"""The Celery application: `celery -A commerce.celery worker` and `… beat`."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

from celery import Celery
from celery.fixups import django as django_fixup
from celery.signals import task_prerun, worker_init, worker_process_init
from django.conf import settings
from django.db import connections

from commerce import clock
from commerce.schedule import MUST_NOT_WAIT
from commerce.standing_in import NUDGE, StandIn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")


class PooledWorkerFixup(django_fixup.DjangoWorkerFixup):  # type: ignore[name-defined,misc] # not in the stubs
    """Gives connections back to the pool before and after each task, where Celery would close the pool.

    To connect to PostgreSQL anew costs many times what a task asks of it. What a forked process inherits is
    still closed as Celery does it.
    """

    def close_database(self, **_: Any) -> None:
        for connection in connections.all(initialized_only=True):
            connection.close()


class PooledFixup(django_fixup.DjangoFixup):
    """Connects Celery with Django as Celery itself does, but for the connection pool."""

    @cached_property
    def worker_fixup(self) -> PooledWorkerFixup:
        return PooledWorkerFixup(self.app)


def connect_with_django(app: Celery) -> Any:
    """Do what Celery does at the start where it finds Django. Named below, for it has to come that early."""
    return PooledFixup(app).install()


app = Celery("commerce", fixups=["commerce.celery:connect_with_django"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def give_way(**_: object) -> None:
    """Let whoever waits for an answer go first where web and worker share processors. Children inherit it."""
    os.nice(settings.WORKER_NICENESS)


stand_in = StandIn(MUST_NOT_WAIT, silence=settings.CLOCK_SILENCE_SECONDS)


@worker_process_init.connect
def listen_for_the_clock(**_: object) -> None:
    """Start what stands in for beat and broker, in each process that takes what the clock asks for."""
    clock.set_early()
    if app.conf.task_default_queue in app.amqp.queues.consume_from:
        stand_in.start()


@task_prerun.connect
def set_the_clock(**_: object) -> None:
    """Have threads, too, that no process was begun for, know the time before their first task."""
    clock.set_early()


@task_prerun.connect
def hear_the_clock(sender: Any = None, **_: object) -> None:
    stand_in.heard(sender.name, is_clock=not sender.request.get(NUDGE))
