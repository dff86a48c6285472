"""Where a conversation's messages are kept between turns: in PostgreSQL, on a connection of the turn's own.

The same connection holds an advisory lock on the conversation, so that one turn runs at a time, and a worker that
dies frees it at once: PostgreSQL gives up the lock with the connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg.rows import DictRow, dict_row

Checkpoints = PostgresSaver

_KEYS = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
_LOCK_SPACE = "shopper's conversation"


def prepare_checkpoints() -> None:
    """Create or upgrade the tables. May run again."""
    with _connected() as own:
        PostgresSaver(own).setup()


@contextmanager
def checkpoints_of(thread_id: str) -> Iterator[Checkpoints | None]:
    """Open the checkpoints of one conversation for one turn; None where another turn is at work on it."""
    with _connected() as own:
        if _lock(own, thread_id):
            yield PostgresSaver(own)
        else:
            yield None


def forget_checkpoints(thread_id: str) -> bool:
    """Delete what is kept of a conversation. False where a turn is at work on it."""
    with checkpoints_of(thread_id) as saver:
        if saver is None:
            return False
        saver.delete_thread(thread_id)
        return True


@contextmanager
def _connected() -> Iterator[psycopg.Connection[DictRow]]:
    known = connection.settings_dict
    params: dict[str, Any] = {ours: known[name] for name, ours in _KEYS.items() if known.get(name)}
    with psycopg.connect(
        **params, autocommit=True, prepare_threshold=0, row_factory=dict_row, connect_timeout=5
    ) as own:
        yield own


def _lock(own: psycopg.Connection[DictRow], thread_id: str) -> bool:
    digest = hashlib.sha256(f"{_LOCK_SPACE}\n{thread_id}".encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    row = own.execute("SELECT pg_try_advisory_lock(%s) AS is_ours", [key]).fetchone()
    return bool(row and row["is_ours"])
