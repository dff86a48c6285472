from __future__ import annotations

from django.db import models

from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.checkout.states import Status
from commerce.fields import IdField


class CheckoutSession(models.Model):
    """One row a session: the columns that are searched, and the rest as one JSON document.

    A session lives for hours and is read and written whole, so one statement does each. The document's
    shape is `commerce.checkout.document.Document`; it is kept as text because nothing looks inside it.
    Merchant and agent are not checked by the database: every session would lock their rows.
    """

    id = IdField("cs")
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="checkout_sessions",
        db_constraint=False,
        db_index=False,
    )
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="checkout_sessions", db_constraint=False, db_index=False
    )
    agent_key = models.ForeignKey(
        AgentKey, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    status = models.CharField(max_length=12, choices=[(status, status) for status in Status])
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    attempt_id = IdField(blank=True, help_text="the newest payment attempt")
    order_id = IdField(blank=True)
    document = models.TextField()
    version = models.PositiveIntegerField(default=1, help_text="grows with each change")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                name="session_open",
                fields=["created_at"],
                condition=models.Q(status__in=["incomplete", "blocked", "ready"]),
            ),
            models.Index(name="session_newest", fields=["merchant", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.id


class Confirmation(models.Model):
    """A buyer's yes to exactly these terms. Used once, by one attempt to pay; kept as evidence."""

    id = IdField("cnf")
    session = models.ForeignKey(
        CheckoutSession, on_delete=models.PROTECT, related_name="confirmations", db_constraint=False
    )
    terms_hash = models.CharField(max_length=64)
    terms = models.TextField(help_text="canonical JSON")
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    evidence = models.JSONField(default=dict, help_text="from where it was given")
    payment_source = models.CharField(
        max_length=40, blank=True, db_default="", help_text="the card it was given for; any where empty"
    )
    token_fingerprint = models.CharField(max_length=64, blank=True, db_default="", editable=False)
    confirmed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    attempt_id = IdField(blank=True, help_text="the payment it was used for")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="confirmation_used_once_per_attempt",
                fields=["attempt_id"],
                condition=~models.Q(attempt_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.id
