"""Waits for other threads and processes. A time-out here means that something hangs, never that it is slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

HANG_GUARD = 60.0
"""Seconds after which a test that waits fails: far more than anything takes on a busy machine."""


def wait_until(holds: Callable[[], object], what: str = "the condition", *, guard: float = HANG_GUARD) -> None:
    """Return once `holds()` is true. Raises AssertionError after `guard` seconds, naming `what`."""
    pause = threading.Event()
    deadline = time.monotonic() + guard
    while not holds():
        assert time.monotonic() < deadline, f"{what} (waited {guard:.0f} s)"
        pause.wait(0.02)
