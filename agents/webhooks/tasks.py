from __future__ import annotations


from agents.webhooks.delivery import deliver_due
from agents.webhooks.retention import forget_old
from commerce import clock
from commerce.celery import app


@app.task
def deliver(**_: object) -> None:
    deliver_due(patience=2)  # slow receivers end behind the task, and the worker does other things


@app.task
def forget_old_deliveries(**_: object) -> None:
    while forget_old(now=clock.now()):
        pass
