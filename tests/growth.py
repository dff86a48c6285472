"""How the work on a text grows with its length: a fast machine and a slow one see the same."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES_LONGER = 10
MOST_GROWTH = 3 * TIMES_LONGER
"""What is in proportion to the length is about TIMES_LONGER, what is to its square TIMES_LONGER times that."""

ROUNDS = 5


def growth(work: Callable[[str], object], piece: str, *, length: int) -> float:
    """Return how many times as much work TIMES_LONGER as much text is, `length` characters of repeated pieces."""
    long = piece * (length // len(piece))
    short = piece * (length // TIMES_LONGER // len(piece))
    on_short, on_long = [], []
    for _ in range(ROUNDS):
        on_short += [_processor_seconds(work, short) for _ in range(2)]
        on_long.append(_processor_seconds(work, long))
    return min(on_long) / min(on_short)


def _processor_seconds(work: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    work(text)
    return time.thread_time() - began
