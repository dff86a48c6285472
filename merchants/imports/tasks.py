from __future__ import annotations

from commerce import clock
from commerce.celery import app
from merchants.imports import jobs, working


@app.task(soft_time_limit=100, time_limit=110)
def work(**_: object) -> None:
    if working.work() and working.is_anything_left():
        jobs.nudge.send()


@app.task
def forget_old_files(**_: object) -> None:
    jobs.forget_old_files(now=clock.now())
