"""Does what must not wait where the clock is not heard: beat is down, or the broker between it and us.

The processes of a worker share when something was last asked for by the clock, and when each duty was last done.
After a silence each of them does what is due by itself, in a thread, until the clock is heard again. It is heard
where it asks for a duty: nudges, and work that tasks hand on, come without a clock, and may even be what keeps it
from being heard. Every duty may be done by several at once, so nobody else need agree.
"""

from __future__ import annotations

import logging
import mmap
import threading
import time
from collections.abc import Callable, Mapping

from django.db import connections
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
CLOCK = "the clock"
NUDGE = "nudge"
"""The header of messages that are not the clock's."""


class StandIn:
    """The duties of a worker: the path of each task with its interval in seconds. Made before the worker forks."""

    def __init__(
        self, duties: Mapping[str, float], *, silence: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._duties = duties
        self._silence = silence
        self._clock = clock
        self._place = {name: place for place, name in enumerate([CLOCK, *duties])}
        self._last = memoryview(mmap.mmap(-1, 8 * len(self._place))).cast("d")  # shared with what is forked
        self._is_alone = False

    def start(self) -> None:
        """Begin to listen, in a thread of its own. For processes that are forked already."""
        for place in self._place.values():
            self._last[place] = self._clock()
        threading.Thread(target=self._run, name="stand-in", daemon=True).start()

    def heard(self, name: str, *, is_clock: bool) -> None:
        """Note that a task was asked for, and whether it was the clock that did, if it is a duty."""
        if name not in self._duties:
            return
        self._last[self._place[name]] = self._clock()
        if is_clock:
            self._last[self._place[CLOCK]] = self._clock()

    def overdue(self) -> list[str]:
        """Return the duties to do now, and count them as done."""
        now = self._clock()
        is_alone = now - self._last[self._place[CLOCK]] > self._silence
        if is_alone is not self._is_alone:
            logger.warning(
                "the clock is not heard: going on without it" if is_alone else "the clock is heard again"
            )
        self._is_alone = is_alone
        due = [name for name, every in self._duties.items() if now - self._last[self._place[name]] >= every]
        for name in due if is_alone else ():
            self._last[self._place[name]] = now
        return due if is_alone else []

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(LOOK_EVERY_SECONDS)
            for name in self.overdue():
                _do(name)


def _do(name: str) -> None:
    try:
        import_string(name)()
    except Exception:
        logger.exception("%s failed", name)
    finally:
        connections.close_all()
