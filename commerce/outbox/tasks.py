from __future__ import annotations

from commerce.celery import app
from commerce.outbox import relay as outbox_relay


@app.task
def relay(**_: object) -> None:
    outbox_relay.drain()
