from __future__ import annotations

from django.db import models
from django.db.models import Q

from commerce.fields import IdField


class OutboxEvent(models.Model):
    """One event for one subscriber. The row is gone once the subscriber has done its work."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DEAD = "dead", "given up; can be replayed"

    topic = models.CharField(max_length=40)
    subscriber = models.CharField(max_length=120)
    key = IdField(help_text="the id of what the event is about")
    payload = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="outbox_due", fields=["due_at"], condition=Q(status="pending"))]

    def __str__(self) -> str:
        return f"{self.topic} {self.key} for {self.subscriber}"
