"""What happens to the payment of a placed order."""

from __future__ import annotations

from django.utils import timezone

from commerce.orders.models import Order
from commerce.outbox.relay import Event, RetryLaterError
from commerce.payments.services import ProviderUndecidedError, capture


def capture_payment(event: Event) -> None:
    """Take what is held for an order, now that the order stands."""
    payment_id = Order.objects.values_list("payment_id", flat=True).get(pk=event.key)
    if payment_id is None:
        return
    try:
        capture(payment_id, now=timezone.now())
    except ProviderUndecidedError as problem:
        raise RetryLaterError(str(problem)) from problem
