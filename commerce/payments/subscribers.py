"""What happens to payments after an event is committed. Each may be told twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from commerce import clock
from commerce.outbox.relay import Event, RetryLaterError
from commerce.payments import transfers


def capture_attempt(event: Event) -> None:
    """Take what a payment attempt holds, now that its order stands."""
    with _asked_again():
        transfers.capture(event.key, now=clock.now())


def void_attempt(event: Event) -> None:
    """Give back what a payment attempt without an order holds."""
    with _asked_again():
        transfers.void(event.key, now=clock.now())


def send_refund(event: Event) -> None:
    """Give back what was promised."""
    with _asked_again():
        transfers.send_refund(event.key, now=clock.now())


@contextmanager
def _asked_again() -> Iterator[None]:
    try:
        yield
    except transfers.ProviderUndecidedError as problem:
        raise RetryLaterError(str(problem)) from problem
