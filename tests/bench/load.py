"""Loads a stack for a while and says what it did, how long it took and what it cost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.bench.journey import Buyer, Recorder, Target, hello_until
from tests.bench.meter import DatabaseCounters, busy_seconds, cpu_by_group, read_database
from tests.bench.stack import Stack

WARM_UP_SECONDS = 1.5

Work = Callable[[Recorder, Callable[[], bool]], list[Coroutine[Any, Any, None]]]


@dataclass(slots=True)
class Measured:
    """One run, or several added up. CPU is seconds by group of processes, of the whole run."""

    seconds: float = 0.0
    steps: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    database: DatabaseCounters = field(default_factory=lambda: DatabaseCounters(0, 0, 0, 0.0))
    generator_cores: float = 0.0
    other_cores: float = 0.0

    def count(self, step: str) -> int:
        return len(self.steps.get(step, ()))

    def rate(self, step: str) -> float:
        return self.count(step) / self.seconds if self.seconds else 0.0

    def milliseconds(self, step: str, share: float) -> float:
        """Return what that share of the step's calls stayed below."""
        times = sorted(self.steps.get(step, ()))
        return times[min(int(len(times) * share), len(times) - 1)] * 1000 if times else float("nan")

    def cpu_ms(self, group: str, per: str) -> float:
        return self.cpu.get(group, 0.0) / max(self.count(per), 1) * 1000

    def add(self, other: Measured) -> None:
        """Add another run of the same work."""
        for step, times in other.steps.items():
            self.steps.setdefault(step, []).extend(times)
        for mine, theirs in ((self.errors, other.errors), (self.cpu, other.cpu)):
            for name, amount in theirs.items():
                mine[name] = mine.get(name, 0) + amount  # type: ignore[assignment] # int or float, as there
        whole = self.seconds + other.seconds
        self.generator_cores = _mean(self.generator_cores, self.seconds, other.generator_cores, other.seconds)
        self.other_cores = _mean(self.other_cores, self.seconds, other.other_cores, other.seconds)
        self.database = other.database - (DatabaseCounters(0, 0, 0, 0.0) - self.database)
        self.seconds = whole


def _mean(first: float, weight: float, second: float, other_weight: float) -> float:
    return (first * weight + second * other_weight) / (weight + other_weight)


def hello(stack: Stack, *, seconds: float, concurrency: int) -> Measured:
    """Ask for the smallest answer: the yardstick."""
    return _run(
        stack,
        seconds,
        lambda recorder, is_over: [hello_until(stack.base_url, recorder, is_over) for _ in range(concurrency)],
    )


def checkouts(stack: Stack, *, seconds: float, concurrency: int, target: Target | None = None) -> Measured:
    """Let buyers buy one thing after the other."""

    def work(recorder: Recorder, is_over: Callable[[], bool]) -> list[Coroutine[Any, Any, None]]:
        buyers = [Buyer(target or stack.target, recorder, number) for number in range(concurrency)]
        return [buyer.buy_until(is_over) for buyer in buyers]

    return _run(stack, seconds, work)


def _run(stack: Stack, seconds: float, work: Work) -> Measured:
    return asyncio.run(_measure(stack, seconds, work))


async def _measure(stack: Stack, seconds: float, work: Work) -> Measured:
    recorder, is_over = Recorder(), asyncio.Event()
    tasks = [asyncio.create_task(one) for one in work(recorder, is_over.is_set)]
    await asyncio.sleep(WARM_UP_SECONDS)
    before = _Reading(stack)
    recorder.is_on = True
    await asyncio.sleep(seconds)
    recorder.is_on = False
    after = _Reading(stack)
    is_over.set()
    await asyncio.gather(*tasks)
    return after.since(before, recorder)


class _Reading:
    """All counters at one moment."""

    def __init__(self, stack: Stack) -> None:
        self.at = time.monotonic()
        self.cpu = cpu_by_group(stack.roots)
        self.busy = busy_seconds()
        times = os.times()
        self.own = times.user + times.system
        self.database = read_database(stack.database_url)

    def since(self, before: _Reading, recorder: Recorder) -> Measured:
        seconds = self.at - before.at
        cpu = {name: used - before.cpu[name] for name, used in self.cpu.items()}
        own = self.own - before.own
        return Measured(
            seconds=seconds,
            steps=recorder.steps,
            errors=recorder.errors,
            cpu=cpu,
            database=self.database - before.database,
            generator_cores=own / seconds,
            other_cores=max(self.busy - before.busy - sum(cpu.values()) - own, 0) / seconds,
        )
