from __future__ import annotations

from django.db import models

from commerce.accounts.models import Merchant


class ProbeResult(models.Model):
    """What somebody elsewhere answered when a check last asked: whether a page opens, whether a key is good.

    `subject` is what was asked about. Where a shop names another page or another account, nothing is known of it.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="probe_results", db_index=False)
    check_id = models.CharField(max_length=40)
    subject = models.CharField(max_length=500)
    is_ok = models.BooleanField()
    words = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="probe_result_once", fields=["merchant", "check_id", "subject"]),
        ]

    def __str__(self) -> str:
        return f"{self.check_id} {self.subject}"
