"""Which entry of an order's log is worth an e-mail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from commerce.emails.models import Email
from commerce.fulfillment.models import Shipment
from commerce.orders.models import OrderEvent
from commerce.outbox.nudge import Nudge

Kind = Email.Kind

OLDEST = timedelta(days=3)
"""What happened longer ago is not told any more: an e-mail that late is worse than none."""

_send = Nudge("commerce.emails.tasks.send")


def plan_email(order_id: str, *, sequence: int, now: datetime) -> Email | None:
    """Plan the e-mail that tells of an entry of an order's log. May run twice.

    None where the entry is not worth one, the merchant wants none of that kind, or it is planned already.
    """
    event = OrderEvent.objects.select_related("order__merchant").get(order_id=order_id, sequence=sequence)
    kind, reference = _meant(event)
    if kind is None or kind in event.order.merchant.emails_off or now - event.occurred_at > OLDEST:
        return None
    email, is_new = Email.objects.get_or_create(
        order_id=order_id,
        kind=kind,
        reference=reference,
        defaults={"recipient": event.order.email, "due_at": now, "created_at": now},
    )
    if is_new:
        _send.send()
    return email if is_new else None


def send_again(email_ids: Collection[str], *, now: datetime) -> int:
    """Send some e-mails once more, as things are now. Returns how many; what is under way is left alone."""
    again = Email.objects.filter(pk__in=email_ids).exclude(status=Email.Status.PENDING)
    count = again.update(status=Email.Status.PENDING, tries=0, due_at=now, error="")
    if count:
        _send.send()
    return count


def _meant(event: OrderEvent) -> tuple[Kind | None, str]:
    """Return the kind of e-mail that an entry is worth, and what tells it apart from others of that kind."""
    if event.kind in _SHIPMENTS:
        return _of_shipment(event)
    kind, name = _OTHERS.get(event.kind, (None, ""))
    return (kind, str(event.detail[name])) if name else (kind, "")


def _of_shipment(event: OrderEvent) -> tuple[Kind | None, str]:
    """Follow parcels on their way: once when they leave, and again where the number to follow them was wrong."""
    shipment = Shipment.objects.get(pk=event.detail["shipment"])
    kind = _SHIPMENTS[event.kind](shipment)
    if event.kind != "shipment_tracking_corrected":
        return kind, shipment.pk
    told = Email.objects.filter(order_id=event.order_id, kind=Kind.SHIPPED, reference=shipment.pk)
    was_told_wrong = told.filter(created_at__lte=event.occurred_at).exists()
    return kind if was_told_wrong else None, f"{shipment.pk}:{event.sequence}"


def _on_its_way(shipment: Shipment) -> Kind | None:
    return Kind.SHIPPED if shipment.kind == Shipment.Kind.SHIPPING else None


def _at_the_counter(shipment: Shipment) -> Kind | None:
    return Kind.READY_FOR_PICKUP if shipment.kind == Shipment.Kind.PICKUP else None


def _at_the_door(shipment: Shipment) -> Kind | None:
    return Kind.DELIVERED if shipment.kind != Shipment.Kind.PICKUP else None


_SHIPMENTS: Mapping[str, Callable[[Shipment], Kind | None]] = {
    "shipment_shipped": _on_its_way,
    "shipment_in_transit": _on_its_way,
    "shipment_out_for_delivery": _on_its_way,
    "shipment_tracking_corrected": _on_its_way,
    "shipment_ready_for_pickup": _at_the_counter,
    "shipment_delivered": _at_the_door,
}

_OTHERS: Mapping[str, tuple[Any, str]] = {
    "placed": (Kind.RECEIPT, ""),
    "canceled": (Kind.CANCELED, "adjustment"),
    "refund_succeeded": (Kind.REFUNDED, "refund"),
    "return_approved": (Kind.RETURN_APPROVED, "return"),
    "return_declined": (Kind.RETURN_DECLINED, "return"),
}
"""Kinds of log entries that are worth an e-mail, and where they name what it is about."""
