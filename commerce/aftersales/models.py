from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from commerce.fields import IdField
from commerce.orders.models import Adjustment, Order, OrderLine
from commerce.payments.models import Refund
from commerce.transitions import Transitions


class Return(models.Model):
    """Units that a buyer sends back, from the wish to the money. On the order it is one adjustment.

    `items_minor` is what came back cost, tax and discounts included; what was given back for it is in `refund`,
    and is at most that, plus `delivery_minor`, less `restocking_fee_minor`.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "requested: the shop has to decide"
        APPROVED = "approved", "approved: the buyer sends it back"
        DECLINED = "declined"
        CANCELED = "canceled", "canceled: nothing is sent back"
        RECEIVED = "received", "received: to be refunded"
        REFUNDED = "refunded"
        CLOSED = "closed", "closed without a refund"

    class Reason(models.TextChoices):
        DAMAGED = "damaged", "Damaged or defective"
        WRONG_ITEM = "wrong_item", "Wrong item"
        TOO_SMALL = "too_small", "Too small"
        TOO_LARGE = "too_large", "Too large"
        NOT_AS_DESCRIBED = "not_as_described", "Not as described"
        NO_LONGER_NEEDED = "no_longer_needed", "No longer needed"
        OTHER = "other", "Other"

    id = IdField("ret")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    adjustment = models.OneToOneField(Adjustment, on_delete=models.PROTECT, related_name="told_return")
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(
        max_length=20, choices=Reason, blank=True, help_text="empty: not the buyer, its carrier brought it back"
    )
    note = models.CharField(max_length=255, blank=True, help_text="what the buyer says")
    exception_note = models.CharField(
        max_length=255, blank=True, help_text="why it is taken back although its time is over; for the shop only"
    )
    answer = models.TextField(blank=True, help_text="what the shop told the buyer: how to send it, or why not")
    request_key = models.CharField(max_length=64, blank=True, help_text="the same key asks for the same return")
    items_minor = models.BigIntegerField(null=True, blank=True, help_text="what came back was paid with")
    delivery_minor = models.BigIntegerField(default=0, help_text="given back of the delivery charge")
    restocking_fee_minor = models.BigIntegerField(default=0)
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="refunded_return"
    )
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="return_once_per_request", fields=["order", "request_key"], condition=~Q(request_key="")
            ),
            models.CheckConstraint(
                name="return_amounts_not_negative",
                condition=Q(delivery_minor__gte=0, restocking_fee_minor__gte=0)
                & (Q(items_minor__isnull=True) | Q(items_minor__gte=0)),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class ReturnLine(models.Model):
    """So many units of a line: what the buyer wants to send back, and what arrived, in which condition."""

    class Condition(models.TextChoices):
        AS_NEW = "as_new", "As new"
        OPENED = "opened", "Opened"
        USED = "used", "Used"
        DAMAGED = "damaged", "Damaged"

    of_return = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines", db_index=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(null=True, blank=True)
    condition = models.CharField(max_length=10, choices=Condition, blank=True)
    is_restocked = models.BooleanField(default=False)
    amount_minor = models.BigIntegerField(null=True, blank=True, help_text="what these units were paid with")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="return_line_once", fields=["of_return", "order_line"]),
            models.CheckConstraint(
                name="return_line_quantities",
                condition=Q(quantity__gt=0) & (Q(received__isnull=True) | Q(received__lte=F("quantity"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_line_id}"


RETURN_TRANSITIONS = Transitions(
    {
        "requested": frozenset({"approved", "declined", "canceled"}),
        "approved": frozenset({"received", "declined", "canceled"}),
        "received": frozenset({"refunded", "closed"}),
        "refunded": frozenset({"received"}),  # the money did not reach the buyer
        "declined": frozenset(),
        "canceled": frozenset(),
        "closed": frozenset(),
    }
)

PENDING = (Return.Status.REQUESTED, Return.Status.APPROVED)
"""While a return is one of these its units are promised to it."""
