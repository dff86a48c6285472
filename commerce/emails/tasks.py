from __future__ import annotations

from commerce.celery import app
from commerce.emails.sending import send_due


@app.task
def send(**_: object) -> None:
    send_due()
