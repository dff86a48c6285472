from __future__ import annotations

from django.utils import timezone

from commerce.celery import app
from commerce.payments import sweeps


@app.task
def chase_captures(**_: object) -> None:
    sweeps.chase_captures(now=timezone.now())
