from __future__ import annotations

from agents.webhooks.services import plan_deliveries
from commerce import clock
from commerce.outbox.nudge import Nudge
from commerce.outbox.relay import Event

_deliver = Nudge("agents.webhooks.tasks.deliver")


def announce_order(event: Event) -> None:
    """Plan what an order's agent is to hear, and tell the workers."""
    if plan_deliveries(event.key, up_to=event.payload["sequence"], now=clock.now()):
        _deliver.send()
