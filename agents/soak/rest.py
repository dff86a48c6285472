"""Waiting until a shop has nothing to do any more, with what would be tried again in hours tried again now."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import psycopg

from agents.demo.processes import ProcessEndedError
from agents.soak.witnesses import undone
from agents.soak.world import World

LOOKS = 2
"""So often in a row nothing is found, for work may be on its way from one place to another."""


def come_to_rest(world: World, *, seconds: float) -> None:
    """Wait until nothing is to be done, or for so long. Whatever has ended by then is started again."""
    deadline = time.monotonic() + seconds
    found_nothing, pause = 0, threading.Event()
    while time.monotonic() < deadline and found_nothing < LOOKS:
        with suppress(psycopg.OperationalError):
            found_nothing = found_nothing + 1 if not undone(world.stack.database_url) else 0
            _let_time_pass(world)
        with suppress(ProcessEndedError, TimeoutError):
            world.revive()
        pause.wait(0.5)


def _let_time_pass(world: World) -> None:
    with psycopg.connect(world.stack.database_url, autocommit=True) as connection:
        for statement in _DUE_NOW:
            connection.execute(statement)


_DUE_NOW = (
    "UPDATE payments_paymentattempt SET leased_until = now()"
    " WHERE status = 'submitting' AND leased_until > now() + interval '15 s'",
    "UPDATE webhooks_delivery SET due_at = now() WHERE status = 'pending' AND due_at > now() AND tries > 1",
    "UPDATE webhooks_endpoint SET open_until = now() WHERE open_until > now()",
    "UPDATE outbox_outboxevent SET due_at = now() + interval '3 s'"
    " WHERE status = 'pending' AND due_at > now() + interval '30 s'",
    "UPDATE emails_email SET due_at = now() WHERE status = 'pending' AND due_at > now() AND tries > 1",
)
