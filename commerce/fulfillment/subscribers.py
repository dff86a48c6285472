"""What fulfillment does after an event is committed."""

from __future__ import annotations

from django.conf import settings

from commerce import clock
from commerce.fulfillment.models import Shipment
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order, OrderLine
from commerce.outbox.relay import Event

DIGITAL_REFERENCE = "digital"


def deliver_digital_lines(event: Event) -> None:
    """Hand over what needs no parcel, as soon as the order stands. May run twice."""
    lines = list(OrderLine.objects.filter(order_id=event.key, is_digital=True).select_related("variant"))
    if not lines or Shipment.objects.filter(order_id=event.key, reference=DIGITAL_REFERENCE).exists():
        return
    order = Order.objects.get(pk=event.key)
    download = next((line.variant.download_url for line in lines if line.variant.download_url), "")
    now = clock.now()
    record_step(
        order.pk,
        Parcel(
            reference=DIGITAL_REFERENCE,
            access_url=download or f"{settings.PUBLIC_BASE_URL}/orders/{order.permalink_token}",
        ),
        Step("delivered", occurred_at=now, description="Available for download"),
        kind=Shipment.Kind.DIGITAL,
        now=now,
    )
