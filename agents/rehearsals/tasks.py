from __future__ import annotations

from django.utils import timezone

from agents.rehearsals import performing
from commerce.celery import app


@app.task
def advance(**_: object) -> None:
    performing.advance_due(now=timezone.now())
