"""Tells the workers that there is something to do, away from the request and at most a few times a second.

Publishing to Redis takes time, and forever where Redis hangs; a background thread does it, many commits
share one message, and a failure is only worth a line in the log because the clock finds the rows anyway.
"""

from __future__ import annotations

import logging
import os
import threading

from django.utils.module_loading import import_string

from commerce.standing_in import NUDGE

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5


class Nudge:
    """Asks for one task, from one thread a process that starts with the first use, also after a fork."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._wanted = threading.Event()
        self._rest = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def send(self) -> None:
        """Ask for a message soon. Returns at once."""
        self._wanted.set()
        if self._pid != os.getpid():
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            threading.Thread(target=self._run, name=f"nudge {self._task}", daemon=True).start()

    def _run(self) -> None:
        task = import_string(self._task)
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                task.apply_async(expires=30, retry=False, headers={NUDGE: True})
            except Exception as problem:
                logger.warning("the broker cannot be reached: %s", type(problem).__name__)
                self._rest.wait(2.0)
            self._rest.wait(PAUSE_SECONDS)


nudge = Nudge("commerce.outbox.tasks.relay")
