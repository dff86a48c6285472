from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from commerce.accounts.models import Merchant
from commerce.fields import IdField
from commerce.payments.models import PaymentAttempt, ProviderAccount

OPEN = Q(gone_at__isnull=True, settled_at__isnull=True)


class DifferenceQuerySet(models.QuerySet["Difference"]):
    def open(self) -> DifferenceQuerySet:
        """Return what is there still, and nobody has looked at."""
        return self.filter(OPEN)

    def gone(self) -> DifferenceQuerySet:
        return self.filter(gone_at__isnull=False, settled_at__isnull=True)

    def settled(self) -> DifferenceQuerySet:
        return self.filter(settled_at__isnull=False)


class Difference(models.Model):
    """Something of which the payment provider's books and ours say different things.

    `subject` is the attempt, or where there is none the payment as the provider calls it. `account` is empty for
    the installation's own. A row is kept whatever becomes of it.
    """

    class Kind(models.TextChoices):
        ORPHAN = "orphan", "payment that we do not know"
        SECOND_PAYMENT = "second_payment", "second payment of one attempt"
        MISSING_PAYMENT = "missing_payment", "payment that the provider does not know"
        OUTCOME_UNKNOWN = "outcome_unknown", "outcome unknown for too long"
        AMOUNT = "amount", "other amount or currency"
        STATUS = "status", "other state of the payment"
        CAPTURED = "captured", "other sum captured"
        REFUNDED = "refunded", "other sum given back"
        REFUND_UNSENT = "refund_unsent", "refund promised and not made"
        WITHOUT_ORDER = "without_order", "money held or taken without an order"
        ORDER_UNPAID = "order_unpaid", "order that was not paid"
        CANCELED_UNREFUNDED = "canceled_unrefunded", "canceled order whose money is kept"

    id = IdField("dif")
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=100)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, null=True, blank=True, related_name="differences"
    )
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="payment"
    )
    provider_reference = models.CharField(
        max_length=100, blank=True, help_text="the payment as the provider calls it"
    )
    provider_says = models.CharField(max_length=300)
    we_say = models.CharField(max_length=300)
    amount_minor = models.BigIntegerField(help_text="what is in question")
    currency = models.CharField(max_length=3)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True, help_text="from when on both said the same")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
    note = models.CharField(max_length=500, blank=True, help_text="why it is settled")

    objects = DifferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="difference_open_once",
                fields=["account", "kind", "subject"],
                condition=OPEN,
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(name="difference_not_gone", fields=["account"], condition=Q(gone_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
