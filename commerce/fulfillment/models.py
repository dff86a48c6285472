from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from commerce.accounts.models import Merchant, country_code
from commerce.fields import IdField
from commerce.orders.models import Order, OrderLine
from commerce.transitions import Transitions


class ShippingZone(models.Model):
    """Where methods deliver to. Empty lists match everything below the countries."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="shipping_zones", db_index=False)
    name = models.CharField(max_length=100)
    countries = ArrayField(
        models.CharField(max_length=2, validators=[country_code]),
        default=list,
        blank=True,
        help_text="ISO codes; empty for the whole world",
    )
    regions = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    postal_prefixes = ArrayField(models.CharField(max_length=16), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="zone_name_once", fields=["merchant", "name"])]

    def __str__(self) -> str:
        return self.name


class PickupLocation(models.Model):
    """A place where buyers collect what they bought."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="pickup_locations")
    name = models.CharField(max_length=100)
    line_one = models.CharField(max_length=100)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=10, blank=True)
    postal_code = models.CharField(max_length=16)
    country = models.CharField(max_length=2, validators=[country_code])
    phone = models.CharField(max_length=30, blank=True)
    instructions = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return self.name


class FulfillmentMethod(models.Model):
    """One way to get things to the buyer, offered where its zone matches and one of its rates fits."""

    class Kind(models.TextChoices):
        SHIPPING = "shipping"
        PICKUP = "pickup"
        LOCAL_DELIVERY = "local_delivery"

    id = IdField("fm")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="fulfillment_methods")
    kind = models.CharField(max_length=15, choices=Kind, default=Kind.SHIPPING)
    title = models.CharField(max_length=100)
    description = models.CharField(max_length=255, blank=True)
    carrier = models.CharField(max_length=50, blank=True)
    zone = models.ForeignKey(ShippingZone, on_delete=models.CASCADE, null=True, blank=True)
    location = models.ForeignKey(PickupLocation, on_delete=models.CASCADE, null=True, blank=True)
    min_days = models.PositiveIntegerField(default=2, help_text="working days until delivery, at best")
    max_days = models.PositiveIntegerField(default=5, help_text="working days until delivery, at worst")
    cutoff_hour = models.PositiveIntegerField(
        default=14, help_text="hour of the merchant's day after which an order counts for the next day"
    )
    window_start_hour = models.PositiveIntegerField(default=9, help_text="local delivery: from this hour")
    window_end_hour = models.PositiveIntegerField(default=18, help_text="local delivery: until this hour")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="method_days_in_order",
                condition=Q(min_days__lte=F("max_days")),
                violation_error_message="The days at best are no more than the days at worst.",
            ),
            models.CheckConstraint(
                name="method_hours",
                condition=Q(
                    cutoff_hour__lte=24, window_end_hour__lte=23, window_start_hour__lt=F("window_end_hour")
                ),
                violation_error_message="The cut-off is at most 24; the window ends after it starts, by 23.",
            ),
            models.CheckConstraint(
                name="method_names_its_place",
                condition=Q(kind="pickup", location__isnull=False) | Q(~Q(kind="pickup"), zone__isnull=False),
                violation_error_message="A pick-up needs a location; every other way needs a zone.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class FulfillmentRate(models.Model):
    """What a method costs for a range of weights and subtotals. The first that fits, by price, counts."""

    method = models.ForeignKey(FulfillmentMethod, on_delete=models.CASCADE, related_name="rates")
    amount_minor = models.BigIntegerField(validators=[MinValueValidator(0)])
    min_weight_grams = models.PositiveIntegerField(default=0)
    max_weight_grams = models.PositiveIntegerField(null=True, blank=True, help_text="empty: no upper limit")
    min_subtotal_minor = models.BigIntegerField(default=0)
    max_subtotal_minor = models.BigIntegerField(null=True, blank=True, help_text="empty: no upper limit")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rate_not_negative",
                condition=Q(amount_minor__gte=0),
                violation_error_message="A rate is never below zero.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.method_id}: {self.amount_minor}"


class Shipment(models.Model):
    """Some lines of an order on their way together: a parcel, a pick-up or a download."""

    class Kind(models.TextChoices):
        SHIPPING = "shipping"
        PICKUP = "pickup"
        DIGITAL = "digital"

    class Status(models.TextChoices):
        PROCESSING = "processing"
        SHIPPED = "shipped"
        IN_TRANSIT = "in_transit"
        OUT_FOR_DELIVERY = "out_for_delivery"
        READY_FOR_PICKUP = "ready_for_pickup"
        DELIVERED = "delivered"
        FAILED = "failed"
        RETURNED = "returned"
        CANCELED = "canceled"

    id = IdField("ful")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    reference = models.CharField(max_length=100, blank=True, help_text="the carrier's or warehouse's name for it")
    request_key = models.CharField(
        max_length=64, blank=True, db_default="", help_text="the same key asks for the same shipment"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SHIPPING)
    status = models.CharField(max_length=20, choices=Status, default=Status.PROCESSING)
    carrier = models.CharField(max_length=50, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    tracking_url = models.URLField(max_length=500, blank=True)
    access_url = models.URLField(max_length=500, blank=True, help_text="digital: where the buyer gets it")
    created_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="shipment_reference_once_per_order",
                fields=["order", "reference"],
                condition=~Q(reference=""),
            ),
            models.UniqueConstraint(
                name="shipment_once_per_request",
                fields=["order", "request_key"],
                condition=~Q(request_key=""),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class ShipmentLine(models.Model):
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines", db_index=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="shipment_lines")
    quantity = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    returned = models.PositiveIntegerField(
        default=0, db_default=0, help_text="units of it that the buyer sent back since"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="shipment_line_once", fields=["shipment", "order_line"]),
            models.CheckConstraint(name="shipment_line_quantity_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="shipment_line_returned_at_most_sent", condition=Q(returned__lte=F("quantity"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_line_id}"


class ShipmentEvent(models.Model):
    """One step of a shipment as somebody reported it. Appended, never changed."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events", db_index=False)
    kind = models.CharField(max_length=30)
    description = models.CharField(max_length=255, blank=True)
    location = models.CharField(max_length=100, blank=True)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="shipment_event_once", fields=["shipment", "kind", "occurred_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.kind}"


_ON_THE_WAY = ("processing", "shipped", "in_transit", "out_for_delivery", "ready_for_pickup")

SHIPMENT_TRANSITIONS = Transitions(
    {
        **{
            status: frozenset({*_ON_THE_WAY[position + 1 :], "delivered", "failed", "returned", "canceled"})
            for position, status in enumerate(_ON_THE_WAY)
        },
        "failed": frozenset({"in_transit", "out_for_delivery", "ready_for_pickup", "delivered", "returned"}),
        "delivered": frozenset({"returned"}),
        "returned": frozenset(),
        "canceled": frozenset(),
    }
)
