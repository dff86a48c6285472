from __future__ import annotations

from commerce import clock
from commerce.carts import services
from commerce.celery import app


@app.task
def expire_carts(**_: object) -> None:
    services.expire_carts(now=clock.now())
