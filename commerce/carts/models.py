from __future__ import annotations

from django.db import models

from commerce.accounts.models import Agent, Merchant
from commerce.ids import ID_LENGTH, id_factory


class Cart(models.Model):
    """One row a cart: its lines and buyer are the JSON document of `commerce.carts.document`."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        CANCELED = "canceled"
        EXPIRED = "expired"

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=id_factory("cart"), editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="carts")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="carts")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    document = models.JSONField()
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="cart_expiry", fields=["expires_at"], condition=models.Q(status="active")),
        ]

    def __str__(self) -> str:
        return self.id
