from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from commerce.catalog.models import Variant
from commerce.fields import IdField


class StockItem(models.Model):
    """The stock of one variant. The check constraint is the last line against overselling."""

    variant = models.OneToOneField(
        Variant, on_delete=models.CASCADE, primary_key=True, related_name="stock", db_column="variant_id"
    )
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0, editable=False)
    is_tracked = models.BooleanField(default=True, help_text="untracked stock never runs out")
    allow_backorder = models.BooleanField(default=False)
    shelf = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="where it lies; packing lists name it"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="stock_reserved_not_negative", condition=Q(reserved__gte=0)),
            models.CheckConstraint(
                name="stock_not_oversold",
                condition=Q(is_tracked=False) | Q(allow_backorder=True) | Q(on_hand__gte=F("reserved")),
                violation_error_message="Without backorders no fewer can be on hand than are held for buyers.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.on_hand} on hand, {self.reserved} reserved"

    @property
    def available(self) -> int:
        """How many can be promised now; never negative."""
        return max(self.on_hand - self.reserved, 0)


class Reservation(models.Model):
    """Units held for one payment attempt until it is settled, or until they expire."""

    class Status(models.TextChoices):
        HELD = "held"
        COMMITTED = "committed"
        RELEASED = "released"

    stock = models.ForeignKey(StockItem, on_delete=models.CASCADE, related_name="reservations")
    reference = IdField(help_text="the payment attempt it is held for")
    quantity = models.IntegerField(validators=[MinValueValidator(1)])
    status = models.CharField(max_length=10, choices=Status, default=Status.HELD)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reservation_once", fields=["reference", "stock"]),
            models.CheckConstraint(name="reservation_quantity_positive", condition=Q(quantity__gt=0)),
        ]
        indexes = [
            models.Index(name="reservation_expiry", fields=["expires_at"], condition=Q(status="held")),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.stock_id} for {self.reference}"
