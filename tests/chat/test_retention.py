"""Conversations are kept for some time after their last word."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone
from langchain_core.messages import AIMessage

from agents.chat import services
from agents.chat.models import Conversation, Turn
from agents.chat.retention import forget_old
from agents.shopper.checkpoints import checkpoints_of
from tests.chat.conftest import Chat

LATER = timedelta(days=91)


def checkpoints(chat: Chat) -> int:
    """Return how many rows are kept of what the model has heard."""
    tables = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
    counts = " UNION ALL ".join(f"SELECT count(*) FROM {one} WHERE thread_id = %s" for one in tables)
    with connection.cursor() as cursor:
        cursor.execute(counts, [chat.conversation.pk] * len(tables))
        return sum(count for (count,) in cursor.fetchall())


def test_what_was_said_long_ago_is_forgotten(chat: Chat) -> None:
    chat.say("To Ann Lee, 1 Market St", AIMessage("Noted."))
    now = timezone.now()
    assert forget_old(now=now + timedelta(days=89)) == 0
    assert checkpoints(chat) > 0

    assert forget_old(now=now + LATER) == 1
    assert forget_old(now=now + LATER) == 0

    assert (checkpoints(chat), chat.events(), Turn.objects.get().text) == (0, [], "")
    assert services.latest_conversation(chat.card.shopper, chat.conversation.merchant) is None
    chat.say("Hello again", lambda heard: AIMessage(heard[-1].text))
    assert (chat.said(), len(chat.heard().split("1 Market St"))) == ("Hello again", 2)
    assert Conversation.objects.get().forgotten_at is None


def test_a_conversation_is_not_forgotten_in_the_middle_of_a_turn(chat: Chat) -> None:
    with checkpoints_of(chat.conversation.pk):
        assert forget_old(now=timezone.now() + LATER) == 0
    assert Conversation.objects.get().forgotten_at is None
