from __future__ import annotations

from commerce import clock
from commerce.celery import app
from commerce.payments import sweeps


@app.task
def chase_captures(**_: object) -> None:
    sweeps.chase_captures(now=clock.now())


@app.task
def chase_refunds(**_: object) -> None:
    sweeps.chase_refunds(now=clock.now())
