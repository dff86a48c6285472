"""What the shop's staff do with shipments: pack, hand over, follow, correct, cancel.

A step is recorded as a carrier's message records it (`services`); but where a carrier is believed whatever order
its messages come in, a person is told what cannot be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from commerce.errors import CommerceError, NotFoundError
from commerce.fulfillment.carriers import tracking_page
from commerce.fulfillment.models import SHIPMENT_TRANSITIONS, Shipment
from commerce.fulfillment.services import Parcel, Step, learn, lines_of, new_shipment, record
from commerce.orders.models import Order
from commerce.orders.services import lock_order, log_change

_WAYS: Mapping[str, tuple[str, ...]] = {
    Shipment.Kind.SHIPPING: ("shipped", "in_transit", "out_for_delivery", "delivered", "failed", "returned"),
    Shipment.Kind.PICKUP: ("ready_for_pickup", "delivered", "failed", "returned"),
    Shipment.Kind.DIGITAL: ("delivered",),
}
_ONLY_ONCE_SENT = ("failed", "returned")


class ShipmentStateError(CommerceError):
    """The shipment is too far along, or not far enough, for what was asked."""

    code = "shipment_state"


@transaction.atomic
def create_shipment(
    order_id: str, parcel: Parcel, step: Step, *, now: datetime, request_key: str = ""
) -> Shipment:
    """Put units of an order into a new shipment and record how far it is: the parcel's, or all that are left.

    The same `request_key` is one shipment however often it is asked. Raises NothingToShipError.
    """
    order = lock_order(order_id)
    if request_key and (known := order.shipments.filter(request_key=request_key).first()):
        return known
    lines = lines_of(order)
    shipment = new_shipment(order, lines, parcel, now=now, request_key=request_key)
    learn(shipment, parcel)
    return record(order, lines, shipment, step, now=now)


def next_statuses(shipment: Shipment) -> tuple[str, ...]:
    """Return what may be recorded of a shipment, in the order in which it happens."""
    return tuple(
        status
        for status in _WAYS[shipment.kind]
        if status != shipment.status
        and SHIPMENT_TRANSITIONS.allows(shipment.status, status)
        and (shipment.shipped_at is not None or status not in _ONLY_ONCE_SENT)
    )


@transaction.atomic
def move_shipment(shipment_id: str, step: Step, *, now: datetime) -> Shipment:
    """Record a step of a shipment. Raises NotFoundError, and ShipmentStateError where it cannot be the next."""
    order, shipment = _locked(shipment_id)
    if step.status not in next_statuses(shipment):
        raise ShipmentStateError(
            f"This shipment is {_words(shipment.status)}; it cannot become {_words(step.status)}."
        )
    return record(order, lines_of(order), shipment, step, now=now)


@transaction.atomic
def correct_tracking(
    shipment_id: str, *, carrier: str, tracking_number: str, now: datetime, tracking_url: str = ""
) -> Shipment:
    """Put right who carries a shipment and under which number; empty text takes away what is known.

    Without an address the carrier's own page is meant. Says nothing to anybody where nothing is changed.
    Raises NotFoundError, ShipmentStateError.
    """
    order, shipment = _locked(shipment_id)
    if shipment.status == Shipment.Status.CANCELED:
        raise ShipmentStateError("This shipment was canceled.")
    told = {
        "carrier": carrier,
        "tracking_number": tracking_number,
        "tracking_url": tracking_url or tracking_page(carrier, tracking_number),
    }
    before = {name: getattr(shipment, name) for name in told}
    if told == before:
        return shipment
    for name, value in told.items():
        setattr(shipment, name, value)
    shipment.save(update_fields=list(told))
    detail = {"shipment": shipment.pk, **told, "before": before}
    log_change(order, kind="shipment_tracking_corrected", now=now, detail=detail)
    return shipment


def can_be_canceled(shipment: Shipment) -> bool:
    """Say whether a shipment is still in the shop's hands."""
    is_open = SHIPMENT_TRANSITIONS.allows(shipment.status, Shipment.Status.CANCELED)
    return is_open and shipment.shipped_at is None and shipment.status != Shipment.Status.CANCELED


@transaction.atomic
def cancel_shipment(shipment_id: str, *, now: datetime, note: str = "") -> Shipment:
    """Unpack a shipment that was not handed over: its units are free to be sent, or canceled.

    Its name at the carrier's is free, too: should it be sent after all, it is a new one.
    Raises NotFoundError, ShipmentStateError.
    """
    order, shipment = _locked(shipment_id)
    if not can_be_canceled(shipment):
        raise ShipmentStateError("Only what was not handed over yet can be canceled.")
    if shipment.reference:
        shipment.reference = ""
        shipment.save(update_fields=["reference"])
    step = Step(Shipment.Status.CANCELED, occurred_at=now, description=note)
    return record(order, lines_of(order), shipment, step, now=now)


def _locked(shipment_id: str) -> tuple[Order, Shipment]:
    order_id = Shipment.objects.filter(pk=shipment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFoundError("There is no such shipment.")
    return lock_order(order_id), Shipment.objects.get(pk=shipment_id)


def _words(status: str) -> str:
    return status.replace("_", " ")
