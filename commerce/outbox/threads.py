"""Threads that stay from batch to batch: each new one would set up its connection to the database anew."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

THREADS = 8
IN_HAND = 64
"""How many events that ask nobody one process takes at once: one statement takes, and another forgets, many."""


class Lane:
    """The threads for one kind of work. What they are at outlives the task that handed it over."""

    def __init__(self, name: str, *, room: int) -> None:
        self.taking = threading.Lock()
        """To be held from asking for `room` until what was found is handed over."""
        self._room = room
        self._changing = threading.Lock()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=name)

    def room(self) -> int:
        """Say how many more events may be taken; what waits behind those that hang is left to others."""
        return self._room

    def hand_over(self, handle: Callable[[T], bool], items: Collection[T]) -> dict[Future[bool], T]:
        """Have items handled. `handle` raises nothing and leaves no connection open behind it."""
        with self._changing:
            self._room -= len(items)
        return {self._pool.submit(self._run, handle, item): item for item in items}

    def _run(self, handle: Callable[[T], bool], item: T) -> bool:
        try:
            return handle(item)
        finally:
            with self._changing:
                self._room += 1


class Lanes:
    """What asks others, such as the payment provider, waits for its like and holds up nothing else."""

    def __init__(self) -> None:
        self.own = Lane("events", room=IN_HAND)
        self.asking = Lane("asking", room=THREADS)


def lanes() -> Lanes:
    """Return the threads of this process."""
    return _lanes(os.getpid())


@lru_cache(maxsize=1)
def _lanes(_process: int) -> Lanes:
    """Threads do not survive a fork, so each process has its own."""
    return Lanes()
