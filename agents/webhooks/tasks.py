from __future__ import annotations

from agents.webhooks.delivery import deliver_due
from commerce.celery import app


@app.task
def deliver(**_: object) -> None:
    deliver_due()
