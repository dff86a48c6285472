"""What happens to payments after an event is committed."""

from __future__ import annotations

from django.utils import timezone

from commerce.outbox.relay import Event, RetryLaterError
from commerce.payments.services import ProviderUndecidedError, capture, void


def capture_attempt(event: Event) -> None:
    """Take what a payment attempt holds, now that its order stands."""
    try:
        capture(event.key, now=timezone.now())
    except ProviderUndecidedError as problem:
        raise RetryLaterError(str(problem)) from problem


def void_attempt(event: Event) -> None:
    """Give back what a payment attempt without an order holds."""
    try:
        void(event.key, now=timezone.now())
    except ProviderUndecidedError as problem:
        raise RetryLaterError(str(problem)) from problem
