from __future__ import annotations

from django.db import models
from django.db.models import Q

from commerce.fields import IdField


class IdempotencyRecord(models.Model):
    """One use of a key by one caller on one path."""

    caller = IdField()
    path = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status of the answer; empty in flight")
    body = models.BinaryField(null=True)
    leased_until = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="idempotency_key_once", fields=["caller", "path", "key"])]
        indexes = [models.Index(name="idempotency_age", fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"

    @classmethod
    def in_flight(cls) -> Q:
        return Q(status__isnull=True)
