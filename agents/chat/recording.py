"""Events of a conversation: written as rows, and whoever has the page open is told to look."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection, transaction

from agents.chat.models import ChatEvent, Turn
from commerce import clock

LOCKS = 0x63686174  # tells these advisory locks from others

HINT_SECONDS = 0.5
"""How long the broker is waited for: without hints one looks by oneself, only later."""

logger = logging.getLogger(__name__)


def record(conversation_id: str, kind: str, data: dict[str, Any], *, turn: Turn | None = None) -> ChatEvent:
    """Write that something happened. Open pages hear of it once it is committed.

    Events of a conversation are committed in the order of their ids, whoever writes them: a page that has seen
    one has seen all before it.
    """
    with transaction.atomic():
        _wait_for_others(conversation_id)
        event = ChatEvent.objects.create(
            conversation_id=conversation_id, turn=turn, kind=kind, data=data, at=clock.now()
        )
    transaction.on_commit(lambda: hint(conversation_id), robust=True)
    return event


def _wait_for_others(conversation_id: str) -> None:
    """Hold, until the transaction ends, what everybody holds who writes an event of this conversation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [conversation_id, LOCKS])


def events_after(conversation_id: str, last_id: int, *, limit: int = 200) -> list[ChatEvent]:
    """Return what happened after an event, in order."""
    events = ChatEvent.objects.filter(conversation_id=conversation_id, pk__gt=last_id)
    return list(events.order_by("pk")[:limit])


def all_events(conversation_id: str) -> Iterator[ChatEvent]:
    """Return everything that happened in a conversation, in order."""
    return ChatEvent.objects.filter(conversation_id=conversation_id).order_by("pk").iterator()


def channel(conversation_id: str) -> str:
    """Return where hints about a conversation are published."""
    return f"chat:{conversation_id}"


def hint(conversation_id: str) -> None:
    """Wake those who look at a conversation. They look by themselves anyway, only later."""
    try:
        _publisher().publish(channel(conversation_id), "")
    except redis.RedisError as problem:
        logger.info("nobody can be woken: %s", type(problem).__name__)


@lru_cache(maxsize=1)
def _publisher() -> redis.Redis:
    return redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=HINT_SECONDS, socket_connect_timeout=HINT_SECONDS
    )
