from __future__ import annotations

from django.db import models

from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.checkout.states import Status
from commerce.ids import ID_LENGTH, id_factory


class CheckoutSession(models.Model):
    """One row a session: the columns that are searched, and the rest as one JSON document.

    A session lives for hours and is read and written whole, so one statement does each; the document's
    shape is `commerce.checkout.document.Document`.
    """

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=id_factory("cs"), editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="checkout_sessions")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="checkout_sessions")
    agent_key = models.ForeignKey(AgentKey, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=[(status, status) for status in Status])
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    attempt_id = models.CharField(max_length=ID_LENGTH, blank=True, help_text="the newest payment attempt")
    order_id = models.CharField(max_length=ID_LENGTH, blank=True)
    document = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                name="session_expiry",
                fields=["expires_at"],
                condition=models.Q(status__in=["incomplete", "blocked", "ready"]),
            ),
            models.Index(
                name="session_completing", fields=["updated_at"], condition=models.Q(status="completing")
            ),
            models.Index(name="session_newest", fields=["merchant", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.id
