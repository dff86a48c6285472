"""What the staff do with parcels: a form each, one call into the domain."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator, URLValidator
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
    UnfoldBooleanSwitchWidget,
)

from commerce import clock
from commerce.fulfillment.carriers import CARRIERS
from commerce.fulfillment.dispatch import (
    can_be_canceled,
    cancel_shipment,
    correct_tracking,
    create_shipment,
    move_shipment,
    next_statuses,
)
from commerce.fulfillment.models import Shipment
from commerce.fulfillment.services import NothingToShipError, Parcel, Step, is_pickup, unsent
from commerce.orders.models import Order
from commerce.pages.wording import SHIPMENT_STATUS, words
from merchants.admin.changing import ChangeForm, key_field, note_field, units_field

KNOWN_CARRIERS = f"The pages of {', '.join(CARRIERS[:-1])} and {CARRIERS[-1]} are known."


def carrier_field() -> forms.CharField:
    """Return a text that suggests the carriers whose pages are known; the page of the form lists them."""
    widget = UnfoldAdminTextInputWidget(attrs={"list": "known-carriers"})
    return forms.CharField(max_length=50, required=False, help_text=KNOWN_CARRIERS, widget=widget)


def tracking_number_field() -> forms.CharField:
    return forms.CharField(max_length=100, required=False, widget=UnfoldAdminTextInputWidget)


def tracking_url_field() -> forms.URLField:
    field = forms.URLField(
        label="Page to follow it",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Empty: the page of the carrier, where it is known.",
        widget=UnfoldAdminURLInputWidget,
    )
    field.validators = [MaxLengthValidator(500), URLValidator(schemes=["http", "https"])]
    return field


class ShipForm(ChangeForm):
    suggested_carriers = CARRIERS
    title = "Send units of this order"
    button = "Make the parcel"
    carrier = carrier_field()
    tracking_number = tracking_number_field()
    tracking_url = tracking_url_field()
    status = forms.ChoiceField(label="How far it is", widget=UnfoldAdminSelectWidget)
    key = key_field()

    def __init__(self, order: Order, *args: Any, **options: Any) -> None:
        super().__init__(order, *args, **options)
        lines = {line.pk: line for line in order.lines.filter(is_digital=False).order_by("position")}
        waiting = unsent(order, lines.values())
        if not waiting:
            self.nothing = "Everything of this order is in a parcel already, or was canceled."
        for line_id, left in waiting.items():
            self.fields[line_id] = units_field(
                lines[line_id].title, most=left, initial=left, help_text=f"of {left} not in a parcel yet"
            )
        self.units = list(waiting)
        self.order_fields([*self.units, "status", "carrier", "tracking_number", "tracking_url", "key"])
        self._offer_statuses("shipped", "processing")
        if is_pickup(order):
            self._become_a_pickup()

    def _become_a_pickup(self) -> None:
        self.title, self.button = "Lay units of this order out", "Make the pick-up"
        self._offer_statuses("ready_for_pickup", "processing", "delivered")
        for name in ("carrier", "tracking_number", "tracking_url"):
            del self.fields[name]

    def _offer_statuses(self, *offered: str) -> None:
        field = self.fields["status"]
        field.choices = [(status, words(status, SHIPMENT_STATUS)) for status in offered]  # type: ignore[attr-defined]

    def apply(self) -> str:
        told, now = self.cleaned_data, clock.now()
        parcel = Parcel(
            carrier=told.get("carrier", ""),
            tracking_number=told.get("tracking_number", ""),
            tracking_url=told.get("tracking_url", ""),
            quantities={line_id: told[line_id] for line_id in self.units if told[line_id]},
        )
        if not parcel.quantities:
            # To the domain that would mean all that is left; here it is a slip.
            raise NothingToShipError("Say how many units go into the parcel.")
        shipment = create_shipment(
            self.order.pk, parcel, Step(told["status"], now), request_key=told["key"], now=now
        )
        what = "pick-up" if shipment.kind == Shipment.Kind.PICKUP else "parcel"
        return f"The {what} is made: {words(shipment.status, SHIPMENT_STATUS).lower()}."


class StepForm(ChangeForm):
    title = "Say how far this shipment is"
    button = "Record it"
    status = forms.ChoiceField(label="It is now", widget=UnfoldAdminSelectWidget)
    description = note_field()
    location = forms.CharField(max_length=100, required=False, widget=UnfoldAdminTextInputWidget)
    is_restocked = forms.BooleanField(
        label="Back on sale",
        required=False,
        help_text="Only where it came back: its units can be sold again.",
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, shipment: Shipment, *args: Any, **options: Any) -> None:
        super().__init__(shipment, *args, **options)
        offered = next_statuses(shipment)
        if not offered:
            self.nothing = f"This shipment is at its end: {words(shipment.status, SHIPMENT_STATUS).lower()}."
        field = self.fields["status"]
        field.choices = [(status, words(status, SHIPMENT_STATUS)) for status in offered]  # type: ignore[attr-defined]
        if "returned" not in offered:
            del self.fields["is_restocked"]

    def apply(self) -> str:
        told, now = self.cleaned_data, clock.now()
        step = Step(
            told["status"],
            occurred_at=now,
            description=told["description"],
            location=told["location"],
            is_restocked=told.get("is_restocked", False),
        )
        move_shipment(self.subject.pk, step, now=now)
        return f"The shipment is recorded as: {words(step.status, SHIPMENT_STATUS).lower()}."


class TrackingForm(ChangeForm):
    suggested_carriers = CARRIERS
    title = "Correct the tracking of this shipment"
    button = "Correct it"
    carrier = carrier_field()
    tracking_number = tracking_number_field()
    tracking_url = tracking_url_field()

    def __init__(self, shipment: Shipment, *args: Any, **options: Any) -> None:
        super().__init__(shipment, *args, **options)
        self.fields["carrier"].initial = shipment.carrier
        self.fields["tracking_number"].initial = shipment.tracking_number

    def apply(self) -> str:
        told = self.cleaned_data
        correct_tracking(self.subject.pk, **told, now=clock.now())
        return "The tracking is corrected. Who was told the wrong number is told the right one."


class CancelShipmentForm(ChangeForm):
    title = "Unpack this shipment"
    button = "Unpack it"
    is_final = True
    note = note_field()

    def __init__(self, shipment: Shipment, *args: Any, **options: Any) -> None:
        super().__init__(shipment, *args, **options)
        if not can_be_canceled(shipment):
            self.nothing = "Only what was not handed over yet can be unpacked."

    def apply(self) -> str:
        cancel_shipment(self.subject.pk, note=self.cleaned_data["note"], now=clock.now())
        return "The shipment is canceled. Its units can be sent again, or canceled."
