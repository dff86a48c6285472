from __future__ import annotations

from django.db import models
from django.db.models import Q

from commerce.accounts.models import Agent
from commerce.fields import IdField
from commerce.orders.models import Order


class Endpoint(models.Model):
    """Where an agent hears of its orders. The secret signs what is sent and is shown once.

    A planned secret takes the other's place at `planned_secret_at`.
    """

    id = IdField("we")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="webhook_endpoints", db_index=False)
    url = models.URLField(max_length=500)
    sealed_secret = models.BinaryField(editable=False)
    sealed_planned_secret = models.BinaryField(editable=False, null=True)
    planned_secret_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_reason = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    failures = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="in a row")
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    open_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="nothing is sent until then; afterwards one to try"
    )
    is_slow = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="endpoint_once_per_agent", fields=["agent", "url"])]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One entry of an order's log on its way to one endpoint. The id is the `Request-Id` of every attempt."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead", "given up; can be replayed"

    class Kind(models.TextChoices):
        ORDER_CREATE = "order_create"
        ORDER_UPDATE = "order_update"

    id = IdField("evt")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="deliveries")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=15, choices=Kind)
    body = models.BinaryField(editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True, help_text="being sent by a worker until then")
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(name="delivery_once", fields=["endpoint", "order", "sequence"]),
        ]
        indexes = [
            models.Index(
                name="delivery_waiting", fields=["endpoint", "due_at", "id"], condition=Q(status="pending")
            ),
            models.Index(
                name="delivery_kept", fields=["delivered_at"], condition=Q(status="delivered") & ~Q(body=b"")
            ),
            models.Index(name="delivery_held", fields=["endpoint"], condition=Q(leased_until__isnull=False)),
            models.Index(name="delivery_dead", fields=["order"], condition=Q(status="dead")),
        ]

    def __str__(self) -> str:
        return self.id


class DeliveryAttempt(models.Model):
    """One try: what was sent beside the delivery's body, what was answered, or why there was no answer."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status; empty without an answer")
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()
    address = models.CharField(max_length=45, blank=True, default="", db_default="", help_text="connected to")
    sent_headers = models.JSONField(null=True)
    answer_headers = models.JSONField(null=True)
    answer = models.TextField(blank=True, default="", db_default="", help_text="the beginning of it")
    attempted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="attempt_once", fields=["delivery", "number"])]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.number}"


class EndpointTest(models.Model):
    """What an endpoint answered to the test event that was sent to it last."""

    endpoint = models.OneToOneField(Endpoint, on_delete=models.CASCADE, related_name="test")
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status; empty without an answer")
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()
    sent = models.TextField()
    sent_headers = models.JSONField()
    answer = models.TextField(blank=True, help_text="the beginning of it")
    tested_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.status or self.error}"

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300
