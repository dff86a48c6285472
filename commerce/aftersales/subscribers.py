from __future__ import annotations

from commerce import clock
from commerce.aftersales import brought_back, services
from commerce.outbox.relay import Event


def note_refund(event: Event) -> None:
    """Show how a refund stands on the order that it belongs to."""
    services.note_refund(event.key, now=clock.now())


def note_brought_back(event: Event) -> None:
    """Have the shop decide what is given back for what a carrier has brought back."""
    brought_back.note_brought_back(
        event.key, gone=event.payload["gone"], is_restocked=event.payload["is_restocked"]
    )


def note_dispute(event: Event) -> None:
    """Show how a dispute stands on the order that it belongs to."""
    services.note_dispute(event.key, now=clock.now())


def cancel_unpaid(event: Event) -> None:
    """Send nothing more of an order whose payment lapsed before it could be taken."""
    services.cancel_unpaid(event.key, now=clock.now())
