from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from commerce.accounts.models import Merchant
from commerce.checkout.models import Confirmation
from commerce.fields import IdField
from commerce.wallet.test_cards import TEST_CARDS


class Shopper(models.Model):
    """Somebody who shops in our chat: a guest, known by a key in the browser, or somebody who logs in."""

    id = IdField("shp")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="shopper"
    )
    key_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    email = models.EmailField(blank=True, help_text="where receipts went last")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.email or self.id


class Card(models.Model):
    """A card in a wallet, by the provider's name for it. Its number is nowhere here."""

    id = IdField("crd")
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="cards")
    name = models.CharField(max_length=60, choices=[(one.method, one.title) for one in TEST_CARDS])
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    is_default = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="card_once_per_wallet",
                fields=["shopper", "name"],
                condition=models.Q(removed_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_default_card_per_wallet",
                fields=["shopper"],
                condition=models.Q(is_default=True, removed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand.capitalize()} •••• {self.last4}"


class Mandate(models.Model):
    """What a shopper allows the agent to spend. Every mandate that covers a purchase must allow it.

    Amounts are minor units of `currency`; purchases in other currencies are not covered. `merchants` empty means
    every shop.
    """

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"

    id = IdField("mnd")
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="mandates")
    currency = models.CharField(max_length=3)
    limit_per_order_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    limit_per_period_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    period = models.CharField(max_length=5, choices=Period, default=Period.MONTH)
    merchants = models.ManyToManyField(Merchant, blank=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mandate_limits_something",
                condition=models.Q(limit_per_order_minor__isnull=False)
                | models.Q(limit_per_period_minor__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class WalletToken(models.Model):
    """A token minted for one confirmation. Without `sealed_token` it was promised, and is being minted."""

    id = IdField("wtk")
    confirmation = models.OneToOneField(
        Confirmation, on_delete=models.PROTECT, related_name="wallet_token", db_constraint=False
    )
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="tokens")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    sealed_token = models.BinaryField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id
