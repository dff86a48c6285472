from __future__ import annotations

from django.db import models
from django.db.models import Q

from commerce.fields import IdField
from commerce.orders.models import Order


class Email(models.Model):
    """One e-mail to a buyer, planned once. What was written is kept with it."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Receipt"
        SHIPPED = "shipped", "Shipping notice"
        READY_FOR_PICKUP = "ready_for_pickup", "Ready for pick-up"
        DELIVERED = "delivered", "Delivered"
        CANCELED = "canceled", "Cancellation"
        REFUNDED = "refunded", "Refund"
        RETURN_APPROVED = "return_approved", "Return approved"
        RETURN_DECLINED = "return_declined", "Return declined"

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        REFUSED = "refused", "refused by the mail server"
        FAILED = "failed", "failed: given up"

    id = IdField("em")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="emails", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    reference = models.CharField(max_length=80, blank=True, help_text="the shipment, refund or return it tells of")
    recipient = models.EmailField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(help_text="while somebody is at work on it: when another may take it up")
    error = models.TextField(blank=True, help_text="why the last try did not succeed")
    subject = models.CharField(max_length=255, blank=True)
    text = models.TextField(blank=True, help_text="what was sent last")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="email_once", fields=["order", "kind", "reference"])]
        indexes = [models.Index(name="email_due", fields=["due_at"], condition=Q(status="pending"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.order_id}"
