"""Threads that stay from batch to batch: each new one would set up its connection to the database anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = 8


def in_threads(handle: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Handle several items at once and return what came of them, in their order.

    `handle` raises nothing and leaves no connection open behind it.
    """
    return list(_pool(os.getpid()).map(handle, items))


@lru_cache(maxsize=1)
def _pool(_process: int) -> ThreadPoolExecutor:
    """Threads do not survive a fork, so each process has its own."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="batch")
