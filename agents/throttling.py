"""How often somebody may do something in a minute. Counted in each process, so it needs nobody else."""

from __future__ import annotations

import time
from threading import Lock
from weakref import WeakSet

from rest_framework.exceptions import Throttled


class Window:
    """Counts by name within the current minute and forgets with the next."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._minute = 0
        self._counts: dict[str, int] = {}
        self._lock = Lock()
        _windows.add(self)

    def count(self, who: str, *, limit: int, times: int = 1) -> None:
        """Count `times` for somebody. Raises Throttled with the seconds until the next minute."""
        if self.add(who, times) > limit:
            raise Throttled(wait=60 - time.time() % 60)

    def add(self, who: str, times: int) -> int:
        """Count without judging, and return how often it was in this minute."""
        minute = int(time.time() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            total = self._counts.get(who, 0) + times
            self._counts[who] = total
        return total

    def forget(self) -> None:
        """Begin anew, as with the next minute."""
        with self._lock:
            self._counts = {}


_windows: WeakSet[Window] = WeakSet()


def forget_counts() -> None:
    """Let everybody begin anew. For tests, of which many run within a minute."""
    for window in _windows:
        window.forget()
