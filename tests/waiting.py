"""Waits for other threads and processes. A time-out here means that something hangs, never that it is slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

HANG_GUARD = 60.0
"""Seconds after which a test that waits fails: far more than anything takes on a busy machine."""


def wait_until(holds: Callable[[], object], what: str = "the condition") -> None:
    """Return once `holds()` is true. Raises AssertionError after HANG_GUARD seconds, naming `what`."""
    pause = threading.Event()
    deadline = time.monotonic() + HANG_GUARD
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come true within {HANG_GUARD:.0f} s"
        pause.wait(0.01)
