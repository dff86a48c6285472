from __future__ import annotations

from django.db import transaction

from commerce import clock
from commerce.outbox.relay import Event
from commerce.outbox.services import record_event
from merchants.feeds.marking import TOPIC
from merchants.feeds.pushing import push


def push_feed(event: Event) -> None:
    """Send what waits for a feed; what is left over is another event, so that nothing else waits for long."""
    if push(event.key, now=clock.now()):
        with transaction.atomic():
            record_event(TOPIC, key=event.key, now=clock.now())
