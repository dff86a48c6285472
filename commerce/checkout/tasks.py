from __future__ import annotations

from commerce import clock
from commerce.celery import app
from commerce.checkout import services, sweeps


@app.task
def resume_interrupted(**_: object) -> None:
    sweeps.take_up_interrupted()


@app.task
def look_after_challenges(**_: object) -> None:
    sweeps.take_up_challenges()


@app.task
def expire_sessions(**_: object) -> None:
    services.expire_sessions(now=clock.now())


@app.task
def release_reservations(**_: object) -> None:
    sweeps.release_reservations(now=clock.now())
