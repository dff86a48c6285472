from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Variant
from commerce.fields import IdField
from commerce.payments.models import PaymentAttempt


class Order(models.Model):
    """A confirmed purchase. Money and addresses are what the buyer confirmed and never change."""

    class Status(models.TextChoices):
        CONFIRMED = "confirmed"
        PROCESSING = "processing"
        SHIPPED = "shipped"
        COMPLETED = "completed"
        CANCELED = "canceled"

    id = IdField("ord")
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="orders",
        db_index=False,  # see order_newest
    )
    agent = models.ForeignKey(
        Agent,
        on_delete=models.PROTECT,
        related_name="orders",
        db_index=False,  # see order_newest_of_agent
    )
    payment = models.OneToOneField(
        PaymentAttempt,
        on_delete=models.PROTECT,
        null=True,
        related_name="order",
        help_text="empty where nothing was to be paid",
    )
    checkout_session_id = IdField(unique=True)
    number = models.CharField(max_length=20)
    permalink_token = IdField(unique=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.CONFIRMED)
    sequence = models.PositiveIntegerField(default=1, help_text="number of the newest event in the log")
    currency = models.CharField(max_length=3)
    items_minor = models.BigIntegerField(help_text="sum of the lines before discounts")
    items_discount_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    fulfillment_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0, help_text="added on top of the prices")
    included_tax_minor = models.BigIntegerField(default=0, help_text="contained in the prices")
    total_minor = models.BigIntegerField()
    email = models.EmailField()
    buyer = models.JSONField(default=dict)
    destination = models.JSONField(null=True, blank=True)
    fulfillment = models.JSONField(default=list, help_text="the options the buyer chose")
    tax_breakdown = models.JSONField(default=list)
    discounts = models.JSONField(default=list)
    notes = models.TextField(blank=True)
    is_test = models.BooleanField(
        "test",
        null=True,
        default=False,
        editable=False,
        help_text="a test purchase: no sale. Empty means no, as it was written before there were any",
    )
    placed_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="order_number_once_per_merchant", fields=["merchant", "number"]),
            models.CheckConstraint(
                name="order_total_is_the_sum_of_its_parts",
                condition=Q(
                    total_minor=F("items_minor")
                    - F("items_discount_minor")
                    - F("discount_minor")
                    + F("fulfillment_minor")
                    + F("tax_minor")
                ),
            ),
        ]
        indexes = [
            models.Index(name="order_newest", fields=["merchant", "-placed_at"]),
            models.Index(name="order_newest_of_agent", fields=["agent", "-placed_at", "-id"]),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One variant of an order, as it was called and priced when it was bought."""

    id = IdField("li")
    order = models.ForeignKey(
        Order,
        on_delete=models.CASCADE,
        related_name="lines",
        db_index=False,  # see order_line_position_once
    )
    position = models.PositiveIntegerField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="order_lines")
    product_id = IdField()
    title = models.CharField(max_length=520)
    sku = models.CharField("SKU", max_length=100, blank=True)
    image_url = models.URLField(max_length=500, blank=True)
    is_digital = models.BooleanField(default=False)
    unit_price_minor = models.BigIntegerField()
    ordered = models.PositiveIntegerField()
    current = models.PositiveIntegerField(help_text="ordered less what was canceled or returned")
    fulfilled = models.PositiveIntegerField(default=0)
    items_minor = models.BigIntegerField()
    items_discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    included_tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="order_line_position_once", fields=["order", "position"]),
            models.CheckConstraint(
                name="order_line_quantities",
                condition=Q(ordered__gte=1, current__lte=F("ordered"), fulfilled__lte=F("current")),
            ),
            models.CheckConstraint(
                name="order_line_total_is_the_sum_of_its_parts",
                condition=Q(total_minor=F("items_minor") - F("items_discount_minor") + F("tax_minor")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ordered} x {self.title}"

    @property
    def status(self) -> str:
        """processing, partial, fulfilled or removed, derived from the quantities."""
        if self.current == 0:
            return "removed"
        if self.fulfilled == self.current:
            return "fulfilled"
        return "partial" if self.fulfilled else "processing"


class Adjustment(models.Model):
    """A change after the purchase: a refund, a return, a cancellation, a dispute."""

    class Kind(models.TextChoices):
        REFUND = "refund"
        CREDIT = "credit"
        RETURN = "return"
        EXCHANGE = "exchange"
        PRICE_ADJUSTMENT = "price_adjustment"
        CANCELLATION = "cancellation"
        DISPUTE = "dispute"

    class Status(models.TextChoices):
        PENDING = "pending"
        COMPLETED = "completed"
        FAILED = "failed"

    id = IdField("adj")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="adjustments")
    kind = models.CharField(max_length=20, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.COMPLETED)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    lines = models.JSONField(default=list, help_text="[{id, quantity}] of the lines concerned")
    reason = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=255, blank=True)
    reference = IdField(blank=True, help_text="the refund or the dispute it tells of")
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="adjustment_once_per_reference", fields=["reference"], condition=~Q(reference="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.order_id}"


class OrderEvent(models.Model):
    """One entry of an order's log. A trigger refuses to change or delete it."""

    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,  # see order_event_sequence_once
    )
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="order_event_sequence_once", fields=["order", "sequence"])]

    def __str__(self) -> str:
        return f"{self.order_id} #{self.sequence} {self.kind}"


class OrderNote(models.Model):
    """What the staff tell one another about an order. Neither buyers nor agents see it. Never changed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="staff_notes")
    author = models.CharField(max_length=150)
    text = models.TextField()
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"
