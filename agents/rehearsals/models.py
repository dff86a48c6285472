from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from commerce.accounts.models import Agent, Merchant
from commerce.fields import IdField
from commerce.transitions import Transitions


class Rehearsal(models.Model):
    """One test purchase. `step` is what is done next; `facts` what earlier steps have found out.

    `terms` and `account` are those it was made on: a shop that has others by now was not tried.
    """

    class Status(models.TextChoices):
        RUNNING = "running"
        PASSED = "passed"
        FAILED = "failed"

    id = IdField("tp")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="rehearsals")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="rehearsals", db_index=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    step = models.CharField(max_length=20)
    facts = models.JSONField(default=dict)
    terms = models.CharField(max_length=64)
    account = models.CharField(max_length=40, blank=True, help_text="empty: the installation's")
    sealed_key = models.BinaryField(null=True, editable=False)
    problem = models.CharField(max_length=500, blank=True)
    mend = models.CharField(max_length=40, blank=True, help_text="the readiness check that says how it is mended")
    due_at = models.DateTimeField(help_text="whoever is at work on it puts it off for a minute")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "test purchase"
        constraints = [
            models.UniqueConstraint(
                name="rehearsal_one_at_a_time", fields=["merchant"], condition=Q(status="running")
            ),
        ]
        indexes = [models.Index(name="rehearsal_due", fields=["due_at"], condition=Q(status="running"))]

    def __str__(self) -> str:
        return f"Test purchase of {self.started_at:%Y-%m-%d %H:%M}"


REHEARSAL_TRANSITIONS = Transitions(
    {"running": frozenset({"passed", "failed"}), "passed": frozenset(), "failed": frozenset()}
)


class RehearsalStep(models.Model):
    """One step of a test purchase: what came of it, and what was sent and answered."""

    class Status(models.TextChoices):
        RUNNING = "running"
        PASSED = "passed"
        SKIPPED = "skipped"
        FAILED = "failed"

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    words = models.CharField(max_length=500, blank=True)
    exchanges = models.JSONField(default=list, help_text="see agents.rehearsals.stage")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rehearsal_step_once", fields=["rehearsal", "position"]),
        ]

    def __str__(self) -> str:
        return f"{self.rehearsal_id} {self.name}"
