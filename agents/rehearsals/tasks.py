from __future__ import annotations

from agents.rehearsals import performing
from commerce import clock
from commerce.celery import app


@app.task
def advance(**_: object) -> None:
    performing.advance_due(now=clock.now())
