from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from commerce.accounts.models import Merchant
from commerce.fields import IdField
from merchants.imports.reading import Severity
from merchants.imports.states import Status


class ImportJob(models.Model):
    """One uploaded file on its way into the catalog.

    `file_samples` has a value of each of `file_columns`. `done` counts the products of the present pass, preview
    or import, that are dealt with for good: a worker that takes the job over goes on behind them. `lease` names
    the worker that holds it until `leased_until`.
    """

    Status = Status

    id = IdField("imp")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="import_jobs", db_index=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    file_name = models.CharField("file", max_length=255)
    file_bytes = models.BigIntegerField("size")
    file_columns = ArrayField(models.TextField(), default=list)
    file_samples = ArrayField(models.TextField(blank=True), default=list)
    wording = models.CharField("kind of file", max_length=60)
    format = models.CharField(max_length=20)
    mapping = models.JSONField(default=dict)
    is_recounted = models.BooleanField("sets stock to the file's numbers", default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.UPLOADED)
    is_written = models.BooleanField("writes, and does not only look through", default=False)
    total = models.PositiveIntegerField("products", null=True)
    done = models.PositiveIntegerField("products dealt with", default=0)
    counts = models.JSONField(default=dict)
    problem_counts = models.JSONField(default=dict)
    changes = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    lease = models.CharField(max_length=24, blank=True)
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    worked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "import"
        constraints = [
            models.UniqueConstraint(
                name="one_import_at_a_time", fields=["merchant"], condition=Q(status=Status.IMPORTING)
            ),
        ]
        indexes = [
            models.Index(name="import_by_merchant", fields=["merchant", "-created_at"]),
            models.Index(
                name="import_at_work",
                fields=["worked_at"],
                condition=Q(status__in=[Status.PREVIEWING, Status.IMPORTING]),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def percent(self) -> int:
        """How far the present pass has come, of 100."""
        return self.done * 100 // self.total if self.total else 0


class FilePart(models.Model):
    """A piece of an uploaded file. In the database, so that every machine's worker can read it."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="file_part_once", fields=["job", "number"])]

    def __str__(self) -> str:
        return f"part {self.number} of {self.job_id}"


class FoundProblem(models.Model):
    """What was found in the present pass; see `merchants.imports.reading.Problem`."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems", db_index=False)
    row = models.PositiveIntegerField()
    column = models.TextField(blank=True)
    value = models.TextField(blank=True)
    advice = models.TextField()
    severity = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Severity])

    class Meta:
        indexes = [models.Index(name="problem_of_import", fields=["job", "row"])]

    def __str__(self) -> str:
        return f"row {self.row}: {self.advice}"


class FoundChange(models.Model):
    """What the present pass changes, or would: a line for each field, or one for a product new or left out."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="found_changes", db_index=False)
    row = models.PositiveIntegerField()
    product = models.TextField(blank=True)
    change = models.CharField(max_length=10)
    variant = models.TextField(blank=True)
    field = models.TextField(blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(name="change_of_import", fields=["job", "row"])]

    def __str__(self) -> str:
        return f"row {self.row}: {self.product} {self.change}"
