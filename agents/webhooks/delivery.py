"""Sends what is due, many at a time. Threads only talk to receivers; a slow one keeps nobody else waiting.

A delivery that has not ended when `deliver_due` returns goes on behind it and is recorded when it ends. Should
the process die, the lease ends and another one sends it again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import lru_cache

from django.db import connections

from agents.webhooks.claiming import Due, claim
from agents.webhooks.recording import record
from agents.webhooks.signing import signed_headers
from commerce import clock
from commerce.failpoints import failpoint
from commerce.outgoing.sending import Answer, post

logger = logging.getLogger(__name__)

THREADS = 40
"""Deliveries of one process at once: more than two endpoints that hang can take before their circuits open."""

RECORDING = 4
"""How many of them use the database at once."""

GATHER_SECONDS = 0.02
"""How long others that are about to end are waited for, so that one claim serves many."""

LOOK_AGAIN_SECONDS = 0.5


def deliver_due(*, seconds: float = 20, patience: float = 20) -> int:
    """Send what is due until there is nothing more, taking new deliveries for so many seconds.

    Returns how many were delivered: once all have ended, or none has for as long as `patience` says.
    """
    senders = _senders(os.getpid())
    progress = time.monotonic()
    until = progress + seconds
    delivered = 0
    ours: set[Future[bool]] = set()
    while progress + patience > (moment := time.monotonic()):
        free = senders.free() if moment < until else 0
        due = claim(now=clock.now(), limit=free) if free else []
        ours |= {senders.send(one) for one in due}
        if not ours:
            break
        ended, ours = _await_some(ours)
        delivered += sum(one.result() for one in ended)
        progress = time.monotonic() if due or ended else progress
    return delivered


def await_senders(*, seconds: float) -> bool:
    """Let this process's deliveries end before it does, for so many seconds. Says whether all have."""
    return _senders(os.getpid()).await_all(seconds)


def _await_some(running: set[Future[bool]]) -> tuple[set[Future[bool]], set[Future[bool]]]:
    """Wait for one to end, and a moment for those that end with it. Returns the ended and the running."""
    if wait(running, LOOK_AGAIN_SECONDS, FIRST_COMPLETED).done:
        wait(running, GATHER_SECONDS)
    ended, still = wait(running, 0)
    return ended, still


class _Senders:
    """The threads of one process. They stay, and what they are at outlives the task that handed it over."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        self._recording = threading.Semaphore(RECORDING)
        self._change = threading.Condition()
        self._running = 0

    def free(self) -> int:
        return THREADS - self._running

    def await_all(self, seconds: float) -> bool:
        with self._change:
            return self._change.wait_for(lambda: not self._running, timeout=seconds)

    def send(self, due: Due) -> Future[bool]:
        """Have a delivery sent and recorded. The result is whether it was accepted."""
        with self._change:
            self._running += 1
        return self._pool.submit(self._deliver, due)

    def _deliver(self, due: Due) -> bool:
        try:
            failpoint("delivery.before_send")
            answer = _post(due)
            failpoint("delivery.after_send")
            with self._recording:
                record(due, answer, now=clock.now())
            failpoint("delivery.after_record")
        except Exception:
            logger.exception("a delivery could not be recorded", extra={"delivery": due.id})
            return False
        finally:
            connections.close_all()
            with self._change:
                self._running -= 1
                self._change.notify_all()
        return answer.is_success


@lru_cache(maxsize=1)
def _senders(_process: int) -> _Senders:
    """Threads do not survive a fork, so each process has its own."""
    return _Senders()


def _post(due: Due) -> Answer:
    """Sign and send. What keeps us from signing counts as a failed try, or it would be tried forever."""
    now = clock.now()
    try:
        secrets = due.secrets.unsealed(now=now)
        headers = signed_headers(due.body, request_id=due.id, secrets=secrets, now=now)
    except Exception as problem:
        logger.exception("a delivery cannot be signed", extra={"delivery": due.id})
        return Answer(None, f"it cannot be signed: {type(problem).__name__}")
    return post(due.url, body=due.body, headers=headers)
