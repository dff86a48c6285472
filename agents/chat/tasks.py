from __future__ import annotations

import logging
import threading

from commerce import clock
from commerce.celery import app

logger = logging.getLogger(__name__)


def start(conversation_id: str) -> None:
    """Have a worker run what waits in a conversation. Returns at once; the sweep finds it anyway."""
    threading.Thread(target=_send, args=(conversation_id,), name="start a turn", daemon=True).start()


def _send(conversation_id: str) -> None:
    try:
        run.apply_async(kwargs={"conversation_id": conversation_id}, expires=30, retry=False)
    except Exception as problem:
        logger.warning("the broker cannot be reached: %s", type(problem).__name__)


@app.task
def run(*, conversation_id: str, **_: object) -> None:
    from agents.chat.turns import run_waiting  # the web does not need LangChain

    run_waiting(conversation_id)


@app.task
def sweep(**_: object) -> None:
    """Run what nobody has taken up, and look after payments that were not decided at once."""
    from agents.chat.following import look_after
    from agents.chat.turns import due_conversations

    for conversation_id in due_conversations(now=clock.now()):
        run.apply_async(kwargs={"conversation_id": conversation_id}, expires=30)
    look_after()


@app.task
def forget_old_conversations(**_: object) -> None:
    """Empty what was said long ago."""
    from agents.chat.retention import forget_old

    forget_old(now=clock.now())
