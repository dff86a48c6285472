"""An evaluation on real processes, which are killed while shoppers shop: by chance, the same way for a seed.

What is killed is started again at once, as a supervisor does it. Valkey comes back empty.
"""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

from agents.demo.processes import ProcessEndedError
from agents.soak.world import NAMES, World

LOOK_EVERY_SECONDS = 0.03
LONGEST_AIM_SECONDS = 0.25
SURROUNDINGS = {"CHAT_TURN_SECONDS": "2"}
"""A turn whose worker is gone is looked after soon, so that an evaluation ends soon."""

_pause = threading.Event()


class UnjudgedError(RuntimeError):
    """The shoppers gave up before it was known what came of them."""


@dataclass
class Killer:
    """Kills by chance, and only where there is something to interrupt.

    `every` is how long the whole shop is let work between two kills: however slow a machine starts processes
    again, the shoppers get on.
    """

    world: World
    every: float
    seed: int
    killed: Counter[str] = field(default_factory=Counter)
    _due: float | None = None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # a dice, not a secret
        self._draw()

    def revive(self) -> None:
        """Start again what has ended."""
        for name in set(NAMES) & set(self.world.processes.fallen()):
            self.world.stack.begin(name)

    def look(self) -> None:
        """Start again what has ended, and kill what is due."""
        self.revive()
        if self._due is None and self._is_whole():
            self._due = monotonic() + self._random.uniform(0.5, 1.5) * self.every
        if self._due is None or monotonic() < self._due or not self._is_at_work():
            return
        _pause.wait(self._random.uniform(0, LONGEST_AIM_SECONDS))
        KILLS[self._target](self.world)
        self.killed[f"{self._target} in the middle of {self._moment}"] += 1
        self._draw()

    def _is_whole(self) -> bool:
        return all(self.world.stack.answers(name) for name in TARGETS)

    def _draw(self) -> None:
        """Choose what is to be killed next, and when."""
        (self._target,) = self._random.choices(list(KILLS), weights=WEIGHTS)
        self._moment = self._random.choice(list(MOMENTS))
        self._due = None

    def _is_at_work(self) -> bool:
        """Say whether such a moment has come."""
        with psycopg.connect(self.world.stack.database_url, autocommit=True) as database:
            return database.execute(MOMENTS[self._moment]).fetchone() is not None


def _kill_valkey(world: World) -> None:
    world.kill("valkey")
    for kept in (world.places.directory / "valkey").glob("appendonlydir"):
        shutil.rmtree(kept)


KILLS: Mapping[str, Callable[[World], object]] = {
    "chat": lambda world: world.kill("chat"),
    "web, a process": lambda world: world.kill_child("web"),
    "web, all": lambda world: world.kill("web"),
    "valkey": _kill_valkey,
    "worker": lambda world: world.kill("worker"),
}
WEIGHTS = (4, 3, 1, 2, 2)
TARGETS = ("chat", "web", "valkey", "worker")

MOMENTS = {
    "a turn": "SELECT 1 FROM chat_turn WHERE status = 'running' LIMIT 1",
    "a payment": "SELECT 1 FROM chat_turn WHERE status = 'running' AND kind = 'confirmed' LIMIT 1",
}


def besieged(
    directory: Path, families: list[str], *, times: int, shoppers: int, every: float, seed: int
) -> dict[str, Any]:
    """Have families played while processes are killed every so many seconds; return the verdicts and the kills.

    For the main thread. Raises UnjudgedError, ProcessEndedError, TimeoutError.
    """
    world = World(directory, environment=SURROUNDINGS)
    finished, out = directory / "finished", directory / "verdicts.json"
    named = [part for family in families for part in ("--family", family)]
    counts = ("--times", str(times), "--shoppers", str(shoppers), "--seed", str(seed))
    files = ("--finished", str(finished), "--out", str(out))
    try:
        world.start()
        world.processes.start(
            world.stack.python("crowd", "-m", "agents.evaluation.crowd", *named, *counts, *files)
        )
        killer = Killer(world, every, seed)
        _look_until(finished.exists, world, killer.look)
        _look_until(lambda: world.processes.status("crowd") is not None, world, killer.revive)
        if world.processes.status("crowd") != 0:
            raise UnjudgedError(world.processes.log("crowd").read_text()[-2000:])
        return {**json.loads(out.read_text()), "killed": dict(killer.killed)}
    finally:
        world.processes.stop(["crowd"])
        world.stop()


def _look_until(condition: Callable[[], bool], world: World, look: Callable[[], None]) -> None:
    while not condition():
        if world.processes.status("crowd"):
            raise ProcessEndedError("crowd", world.processes.status("crowd") or 0)
        look()
        _pause.wait(LOOK_EVERY_SECONDS)
