from __future__ import annotations

from celery.signals import worker_process_shutdown

from agents.webhooks.delivery import await_senders, deliver_due
from agents.webhooks.retention import forget_old
from commerce import clock
from commerce.celery import app


@app.task
def deliver(**_: object) -> None:
    deliver_due(patience=2)  # slow receivers end behind the task, and the worker does other things


LAST_SECONDS = 5.0
"""Most receivers answer within this; a supervisor kills what has not ended a little later."""


@worker_process_shutdown.connect
def let_deliveries_end(**_: object) -> None:
    """A process is replaced after so many tasks, too: what it cuts off is sent, and heard, once more."""
    await_senders(seconds=LAST_SECONDS)


@app.task
def forget_old_deliveries(**_: object) -> None:
    while forget_old(now=clock.now()):
        pass
