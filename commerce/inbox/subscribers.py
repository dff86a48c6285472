from __future__ import annotations

from commerce import clock
from commerce.inbox import provider_events
from commerce.inbox.handlers import handle
from commerce.inbox.models import InboxMessage
from commerce.outbox.relay import Event, RetryLaterError
from commerce.payments.transfers import ProviderUndecidedError


def handle_message(event: Event) -> None:
    """Handle a stored message."""
    handle(InboxMessage.objects.get(pk=int(event.key)), now=clock.now())


def handle_provider_event(event: Event) -> None:
    """Look at what the payment provider tells of."""
    try:
        provider_events.handle_event(event.key, now=clock.now())
    except ProviderUndecidedError as problem:
        raise RetryLaterError(str(problem)) from problem
