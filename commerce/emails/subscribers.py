from __future__ import annotations

from commerce import clock
from commerce.emails.planning import plan_email
from commerce.outbox.relay import Event


def tell_buyer(event: Event) -> None:
    """Plan what a buyer is to read of a change of an order. May run twice."""
    plan_email(event.key, sequence=event.payload["sequence"], now=clock.now())
