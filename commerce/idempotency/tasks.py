from __future__ import annotations

from commerce import clock
from commerce.celery import app
from commerce.idempotency.services import forget_old


@app.task
def forget_keys(**_: object) -> None:
    while forget_old(now=clock.now()):
        pass
