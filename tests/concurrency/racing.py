"""Many at once, for real: threads with a database connection each, let go at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from tests.waiting import HANG_GUARD

T = TypeVar("T")


def race(calls: Sequence[Callable[[], T]], *, at_once: int = 32) -> list[T]:
    """Run the calls in threads, the first `at_once` of them started together. Returns their results."""
    start = threading.Barrier(min(at_once, len(calls)))

    def run(number: int, call: Callable[[], T]) -> T:
        try:
            if number < start.parties:
                start.wait(timeout=HANG_GUARD)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=start.parties) as pool:
        futures = [pool.submit(run, number, call) for number, call in enumerate(calls)]
        return [future.result(timeout=5 * HANG_GUARD) for future in futures]
