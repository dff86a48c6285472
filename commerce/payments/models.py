from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from commerce.accounts.models import Merchant
from commerce.fields import IdField
from commerce.transitions import Transitions


class PaymentAttempt(models.Model):
    """One try to get one amount with one token. Knows the provider, not what is bought.

    Written and committed before the provider is asked; its id makes the provider's idempotency key. At
    most one attempt of a reference is live. The token is kept sealed while it may have to be sent again,
    then forgotten; its fingerprint stays.
    """

    class Status(models.TextChoices):
        SUBMITTING = "submitting", "sent or about to be sent; the outcome is not known yet"
        AUTHORIZED = "authorized", "the amount is held"
        CAPTURED = "captured", "the amount was taken"
        DECLINED = "declined", "refused; nothing is held"
        FAILED = "failed", "ended without a decision of the issuer; nothing is held"
        VOIDED = "voided", "the hold was given back"

    id = IdField("pay")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="payment_attempts")
    reference = IdField(help_text="the checkout session it pays for")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    capture = models.CharField(max_length=10, choices=Merchant.Capture, default=Merchant.Capture.MANUAL)
    status = models.CharField(max_length=12, choices=Status, default=Status.SUBMITTING)
    request_key = models.CharField(max_length=64, blank=True, help_text="hash of the request that began it")
    token_fingerprint = models.CharField(max_length=64)
    sealed_token = models.BinaryField(null=True, editable=False)
    provider_reference = models.CharField(max_length=100, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="given back or promised to be: the sum of the refunds that did not fail"
    )
    capture_before = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=1)
    leased_until = models.DateTimeField(help_text="until then one process is at work on it")
    submitted_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="payment_one_live_per_reference",
                fields=["reference"],
                condition=Q(status__in=["submitting", "authorized", "captured"]),
            ),
            models.UniqueConstraint(
                name="payment_provider_reference_once",
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
            ),
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="payment_captured_at_most_amount",
                condition=Q(captured_minor__gte=0, captured_minor__lte=F("amount_minor")),
            ),
            models.CheckConstraint(
                name="payment_refunded_at_most_amount",
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
            ),
        ]
        indexes = [
            models.Index(name="payment_interrupted", fields=["submitted_at"], condition=Q(status="submitting")),
            models.Index(name="payment_uncaptured", fields=["capture_before"], condition=Q(status="authorized")),
        ]

    def __str__(self) -> str:
        return self.id


ATTEMPT_TRANSITIONS = Transitions(
    {
        "submitting": frozenset({"authorized", "captured", "declined", "failed"}),
        "authorized": frozenset({"captured", "voided", "failed"}),
        "captured": frozenset(),
        "declined": frozenset(),
        "failed": frozenset(),
        "voided": frozenset(),
    }
)


class Refund(models.Model):
    """Money of one attempt that goes back to the buyer. Written and committed before the provider is asked.

    What was promised while the amount was only held is released and never taken: such a refund succeeds without
    a reference of the provider.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "promised; the provider may have been asked"
        PENDING = "pending", "under way at the provider"
        SUCCEEDED = "succeeded", "given back"
        FAILED = "failed", "did not reach the buyer"

    class Reason(models.TextChoices):
        REQUESTED_BY_CUSTOMER = "requested_by_customer"
        DUPLICATE = "duplicate"
        FRAUDULENT = "fraudulent"

    id = IdField("ref")
    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=30, choices=Reason, blank=True)
    request_key = models.CharField(max_length=64, blank=True, help_text="the same key asks for the same refund")
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    provider_reference = models.CharField(max_length=100, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    requested_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="refund_once_per_request",
                fields=["attempt", "request_key"],
                condition=~Q(request_key=""),
            ),
            models.UniqueConstraint(
                name="refund_provider_reference_once",
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
            ),
            models.CheckConstraint(name="refund_amount_positive", condition=Q(amount_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return self.id


REFUND_TRANSITIONS = Transitions(
    {
        "requested": frozenset({"pending", "succeeded", "failed"}),
        "pending": frozenset({"succeeded", "failed"}),
        "succeeded": frozenset({"failed"}),  # a bank may send the money back days later
        "failed": frozenset(),
    }
)
