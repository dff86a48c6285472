from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from commerce.accounts.models import Merchant
from commerce.fields import IdField

discount_code = RegexValidator(r"^[A-Z0-9][A-Z0-9_-]{0,49}$", "upper-case letters, digits, - and _")


class Discount(models.Model):
    """A promotion. With a code the buyer asks for it; without one it applies by itself."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "percent off the items"
        FIXED = "fixed", "an amount off the items"
        FREE_SHIPPING = "free_shipping", "free shipping"

    id = IdField("disc")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="discounts", db_index=False)
    name = models.CharField(max_length=100, help_text="shown to the buyer")
    code = models.CharField(
        max_length=50, null=True, blank=True, validators=[discount_code], help_text="empty: applies by itself"
    )
    kind = models.CharField(max_length=15, choices=Kind)
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    amount_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    minimum_subtotal_minor = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    usage_limit = models.PositiveIntegerField(null=True, blank=True)
    usage_limit_per_buyer = models.PositiveIntegerField(null=True, blank=True)
    priority = models.PositiveIntegerField(default=10, help_text="lower numbers are applied first")
    is_combinable = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="discount_code_once_per_merchant", fields=["merchant", "code"]),
            models.CheckConstraint(
                name="discount_has_its_value",
                condition=Q(kind="percent", percent__isnull=False, percent__gt=0, amount_minor__isnull=True)
                | Q(kind="fixed", amount_minor__isnull=False, amount_minor__gt=0, percent__isnull=True)
                | Q(kind="free_shipping", amount_minor__isnull=True, percent__isnull=True),
                violation_error_message="Percent needs a percentage, fixed an amount, free shipping neither.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})" if self.code else self.name


class DiscountUsage(models.Model):
    """How often a discount has been used or is reserved; the counter behind its limit."""

    discount = models.OneToOneField(Discount, on_delete=models.CASCADE, primary_key=True, related_name="usage")
    used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.discount_id}: {self.used}"


class Redemption(models.Model):
    """One use of a discount by one payment attempt. Buyers are known by a keyed hash of their e-mail."""

    class Status(models.TextChoices):
        RESERVED = "reserved"
        REDEEMED = "redeemed"
        RELEASED = "released"

    discount = models.ForeignKey(Discount, on_delete=models.CASCADE, related_name="redemptions", db_index=False)
    reference = IdField(help_text="the payment attempt it was used in")
    buyer = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.RESERVED)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="redemption_once", fields=["reference", "discount"])]
        indexes = [models.Index(name="redemption_by_buyer", fields=["discount", "buyer"])]

    def __str__(self) -> str:
        return f"{self.discount_id} in {self.reference}"
