from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from commerce.accounts.models import Merchant
from commerce.fields import IdField
from commerce.transitions import Transitions


class ProviderAccount(models.Model):
    """A merchant's own account at the payment provider, and the key that opens it, sealed.

    The one that is current gets new payments. Earlier ones stay, for what was paid with them is captured, voided
    and refunded there. `version` grows with each new key or secret, so that every process takes notice.
    """

    id = IdField("pac")
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="provider_accounts", db_index=False
    )
    reference = models.CharField(max_length=100, help_text="the provider's id of the account")
    name = models.CharField(max_length=150, blank=True)
    is_live = models.BooleanField(help_text="real cards are charged")
    is_current = models.BooleanField(default=True)
    sealed_key = models.BinaryField(editable=False)
    key_hint = models.CharField(max_length=20, help_text="the part of the key that may be shown")
    sealed_notice_secret = models.BinaryField(null=True, editable=False)
    notice_reference = models.CharField(
        max_length=100, blank=True, help_text="the provider's id of the endpoint that tells us what happens there"
    )
    notice_problem = models.CharField(max_length=300, blank=True, help_text="why nothing tells us")
    version = models.PositiveIntegerField(default=1)
    connected_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="provider_account_once_per_merchant", fields=["merchant", "reference", "is_live"]
            ),
            models.UniqueConstraint(
                name="provider_account_one_current", fields=["merchant"], condition=Q(is_current=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.reference} ({self.key_hint})"


class PaymentAttempt(models.Model):
    """One try to get one amount with one token. Knows the provider, not what is bought.

    Written and committed before the provider is asked; its id makes the provider's idempotency key. At
    most one attempt of a reference is live. The token, and the proof of an authentication, are kept sealed while
    they may have to be sent again, then forgotten; the token's fingerprint stays.
    """

    class Status(models.TextChoices):
        SUBMITTING = "submitting", "sent or about to be sent; the outcome is not known yet"
        CHALLENGED = "challenged", "waits for the buyer to authenticate; nothing is held"
        AUTHORIZED = "authorized", "the amount is held"
        CAPTURED = "captured", "the amount was taken"
        DECLINED = "declined", "refused; nothing is held"
        FAILED = "failed", "ended without a decision of the issuer; nothing is held"
        VOIDED = "voided", "the hold was given back"

    id = IdField("pay")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="payment_attempts")
    account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="attempts",
        db_index=False,
        help_text="the merchant's own account that it goes to; empty for that of the installation",
    )
    reference = IdField(help_text="the checkout session it pays for")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    capture = models.CharField(max_length=10, choices=Merchant.Capture, default=Merchant.Capture.MANUAL)
    status = models.CharField(max_length=12, choices=Status, default=Status.SUBMITTING)
    request_key = models.CharField(max_length=64, blank=True, help_text="hash of the request that began it")
    token_fingerprint = models.CharField(max_length=64)
    sealed_token = models.BinaryField(null=True, editable=False)
    sealed_proof = models.BinaryField(null=True, editable=False)
    authentication = models.CharField(
        max_length=20, blank=True, db_default="", help_text="how 3-D Secure ended, where the issuer asked for it"
    )
    challenged_until = models.DateTimeField(null=True, blank=True, help_text="until then the buyer is waited for")
    provider_reference = models.CharField(max_length=100, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
    captured_minor = models.BigIntegerField(default=0)
    capture_minor = models.BigIntegerField(
        null=True, blank=True, help_text="what the capture asks for; decided once, before it is asked"
    )
    refunded_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="given back or promised to be: the sum of the refunds that did not fail"
    )
    capture_before = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=1)
    missing_since = models.DateTimeField(
        null=True, blank=True, help_text="since when the provider, asked for it, has nothing to show that ended"
    )
    looked_until = models.DateTimeField(
        null=True, blank=True, help_text="until when all of the provider's payments were looked through for it"
    )
    leased_until = models.DateTimeField(help_text="until then one process is at work on it")
    submitted_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="payment_one_live_per_reference",
                fields=["reference"],
                condition=Q(status__in=["submitting", "challenged", "authorized", "captured"]),
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
            models.Index(name="payment_challenged", fields=["leased_until"], condition=Q(status="challenged")),
            models.Index(name="payment_uncaptured", fields=["capture_before"], condition=Q(status="authorized")),
        ]

    def __str__(self) -> str:
        return self.id


ATTEMPT_TRANSITIONS = Transitions(
    {
        "submitting": frozenset({"challenged", "authorized", "captured", "declined", "failed"}),
        "challenged": frozenset({"submitting", "authorized", "captured", "declined", "failed"}),
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
    is_left_out = models.BooleanField(default=False, help_text="not captured in the first place")
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


class Dispute(models.Model):
    """A cardholder's bank asks back what was taken, or asks about it first. The provider decides nothing of it."""

    class Status(models.TextChoices):
        WARNING_NEEDS_RESPONSE = "warning_needs_response", "inquiry, to be answered"
        WARNING_UNDER_REVIEW = "warning_under_review", "inquiry, answered"
        WARNING_CLOSED = "warning_closed", "inquiry, over without a chargeback"
        NEEDS_RESPONSE = "needs_response", "chargeback, to be answered"
        UNDER_REVIEW = "under_review", "chargeback, answered"
        WON = "won", "the money is back"
        LOST = "lost", "the money is gone"

    id = IdField("dsp")
    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="disputes")
    provider_reference = models.CharField(max_length=100, unique=True)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=25, choices=Status)
    respond_by = models.DateTimeField(null=True, blank=True, help_text="evidence counts until then")
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="dispute_amount_positive", condition=Q(amount_minor__gt=0))]

    def __str__(self) -> str:
        return self.id


FREEZING = (Dispute.Status.NEEDS_RESPONSE, Dispute.Status.UNDER_REVIEW, Dispute.Status.LOST)
"""While a dispute is one of these the bank has the money, and the provider refuses refunds."""

DISPUTE_TRANSITIONS = Transitions(
    {
        "warning_needs_response": frozenset(
            {"warning_under_review", "warning_closed", "needs_response", "under_review", "won", "lost"}
        ),
        "warning_under_review": frozenset({"warning_closed", "needs_response", "under_review", "won", "lost"}),
        "warning_closed": frozenset({"needs_response", "under_review", "won", "lost"}),
        "needs_response": frozenset({"under_review", "won", "lost"}),
        "under_review": frozenset({"needs_response", "won", "lost"}),
        "won": frozenset({"lost", "needs_response"}),  # a bank may dispute a second time
        "lost": frozenset({"won"}),  # or give in late
    }
)
