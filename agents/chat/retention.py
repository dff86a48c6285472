"""What was said long ago is not kept: names, addresses and words go, what was bought stays with the order."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from agents.chat.models import ChatEvent, Conversation, Turn
from agents.shopper.checkpoints import forget_checkpoints

BATCH = 200


def forget_old(*, now: datetime) -> int:
    """Empty conversations whose last word is older than they are kept, the oldest first. Returns how many."""
    before = now - timedelta(days=settings.CHAT_DAYS)
    old = Conversation.objects.filter(forgotten_at__isnull=True, last_at__lt=before).order_by("last_at", "pk")
    found = list(old.values_list("pk", flat=True)[:BATCH])
    return sum(_forgotten(one, now=now) for one in found)


def _forgotten(conversation_id: str, *, now: datetime) -> bool:
    """Empty a conversation; False where a turn is at work in it. What the model has heard goes first."""
    if not forget_checkpoints(conversation_id):
        return False
    with transaction.atomic():
        ours = Conversation.objects.filter(pk=conversation_id)
        ours.update(forgotten_at=now, question="", question_checkout="")
        ChatEvent.objects.filter(conversation=conversation_id).delete()
        Turn.objects.filter(conversation=conversation_id).update(text="")
    return True
