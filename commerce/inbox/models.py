from __future__ import annotations

from django.db import models

from commerce.accounts.models import Merchant
from commerce.payments.models import ProviderAccount


class InboxMessage(models.Model):
    """One message as it arrived. A repeated id is the same message."""

    class Status(models.TextChoices):
        RECEIVED = "received"
        HANDLED = "handled"
        REFUSED = "refused", "understood, and cannot be done; see the error"

    class Source(models.TextChoices):
        FULFILLMENT = "fulfillment", "carrier or warehouse"

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="inbox_messages")
    source = models.CharField(max_length=15, choices=Source)
    external_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=60)
    payload = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    error = models.TextField(blank=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="inbox_message_once", fields=["merchant", "source", "external_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class ProviderEvent(models.Model):
    """One event of the payment provider as it arrived, or was fetched. A repeated id is the same event.

    The id of an event at a merchant's own account is made of that account's, too: what one account tells can
    neither stand in for nor hide what another one tells.
    """

    id = models.CharField(max_length=100, primary_key=True)
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=100, help_text="the provider's id of what it is about")
    payload = models.JSONField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class EventMark(models.Model):
    """How far an account's events were looked through: whatever happened there earlier is known here.

    `account` is empty for the installation's own.
    """

    account = models.ForeignKey(
        ProviderAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    looked_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="event_mark_once", fields=["account"], nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return str(self.account or "The installation's account")
