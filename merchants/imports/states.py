"""Where an import job stands, and what may follow."""

from __future__ import annotations

from django.db import models

from commerce.transitions import Transitions


class Status(models.TextChoices):
    UPLOADED = "uploaded", "waiting for its columns"
    PREVIEWING = "previewing", "being looked through"
    PREVIEWED = "previewed", "waiting to be confirmed"
    IMPORTING = "importing", "being imported"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    CANCELED = "canceled", "canceled"


TRANSITIONS = Transitions(
    {
        Status.UPLOADED: frozenset((Status.PREVIEWING, Status.CANCELED)),
        Status.PREVIEWING: frozenset((Status.PREVIEWED, Status.FAILED, Status.CANCELED)),
        Status.PREVIEWED: frozenset((Status.PREVIEWING, Status.IMPORTING, Status.CANCELED)),
        Status.IMPORTING: frozenset((Status.DONE, Status.FAILED, Status.CANCELED)),
        Status.FAILED: frozenset((Status.PREVIEWING,)),
        Status.CANCELED: frozenset((Status.PREVIEWING,)),
        Status.DONE: frozenset(),
    }
)

AT_WORK = frozenset((Status.PREVIEWING, Status.IMPORTING))
"""A worker goes on with these, whoever began."""

FINISHED = frozenset((Status.DONE, Status.FAILED, Status.CANCELED))
