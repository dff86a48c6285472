from __future__ import annotations

from django.db import models

from commerce.accounts.models import Agent, Merchant
from commerce.fields import IdField


class Cart(models.Model):
    """One row a cart: its lines and buyer are the JSON document of `commerce.carts.document`."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        CANCELED = "canceled"
        EXPIRED = "expired"

    id = IdField("cart")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="carts", db_constraint=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="carts", db_constraint=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    document = models.TextField()
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="cart_expiry", fields=["expires_at"], condition=models.Q(status="active")),
        ]

    def __str__(self) -> str:
        return self.id
