from __future__ import annotations

from django.utils import timezone

from commerce.inbox.handlers import handle
from commerce.inbox.models import InboxMessage
from commerce.outbox.relay import Event


def handle_message(event: Event) -> None:
    """Handle a stored message."""
    handle(InboxMessage.objects.get(pk=int(event.key)), now=timezone.now())
