from __future__ import annotations

from agents.chat.following import follow_order
from commerce.outbox.relay import Event


def follow(event: Event) -> None:
    """Show what became of an order in the conversation it came from."""
    follow_order(event.key, sequence=event.payload["sequence"])
