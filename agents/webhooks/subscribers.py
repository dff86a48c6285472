from __future__ import annotations

from django.utils import timezone

from agents.webhooks.services import plan_deliveries
from agents.webhooks.tasks import deliver
from commerce.outbox.relay import Event


def announce_order(event: Event) -> None:
    """Plan what an order's agent is to hear, and tell the workers."""
    if plan_deliveries(event.key, up_to=event.payload["sequence"], now=timezone.now()):
        deliver.delay()
