"""Where an import job stands, and what may follow."""

from __future__ import annotations

from django.db import models

from commerce.transitions import Transitions


class Status(models.TextChoices):
    UPLOADED = "uploaded", "waits for its columns"
    PREVIEWING = "previewing", "is looked through"
    PREVIEWED = "previewed", "waits to be confirmed"
    IMPORTING = "importing", "is imported"
    DONE = "done", "done"
    FAILED = "failed", "could not be read"
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
