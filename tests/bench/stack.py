"""The stack a benchmark loads: a demo of its own in a temporary directory, and a quiet machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import urllib3

from commerce.embedded import EmbeddedStripeSandbox, free_port
from tests.bench.journey import Target
from tests.bench.meter import busy_seconds, prepare_database
from tests.journeys.running import PROJECT, RunningDemo, wait_until

QUIET_CORES = 0.15
QUIET_SECONDS = 60
GROUPS = ("web", "postgres", "sandbox", "worker", "beat", "valkey", "receiver")
DELAY_KEY = "sk_test_bench"


@dataclass(frozen=True, slots=True)
class Stack:
    """A running shop, what can be bought there, and the first process of each kind."""

    ready: dict[str, Any]
    target: Target
    roots: dict[str, int]
    provider_delay_url: str = ""

    @property
    def base_url(self) -> str:
        return str(self.ready["base_url"])

    @property
    def database_url(self) -> str:
        return str(self.ready["database_url"])

    def set_provider_delay(self, milliseconds: int) -> None:
        urllib3.request("GET", f"{self.provider_delay_url}/_delay?ms={milliseconds}")

    @contextmanager
    def web_alone(self) -> Iterator[None]:
        """Pause worker and beat, so that only the web processes ask the database."""
        paused = [pid for name in ("beat", "worker") for pid in self.ready["pids"][name]]
        for pid in paused:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in paused:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start the shop with everything embedded, and stop it afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, _demo(Path(directory)) as demo:
        yield _stack(demo)


@contextmanager
def running_stack_with_slow_provider() -> Iterator[Stack]:
    """Start the shop with a provider behind a pause that can be set. Tokens are minted past the pause."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        sandbox = EmbeddedStripeSandbox(Path(directory) / "provider")
        base, slow = sandbox.attach(), f"http://127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "tests.bench.delay", "--port", slow.rpartition(":")[2]]
        proxy = subprocess.Popen([*command, "--upstream", base], cwd=PROJECT)
        try:
            wait_until(lambda: _answers(f"{slow}/_delay?ms=0"), "the slow provider did not start")
            given = {"STRIPE_API_BASE": slow, "STRIPE_SECRET_KEY": DELAY_KEY}
            with _demo(Path(directory), given) as demo:
                stack = _stack(demo)
                target = replace(stack.target, stripe_api_base=base)
                roots = {**stack.roots, "sandbox": sandbox.pid or 0}
                yield replace(stack, target=target, roots=roots, provider_delay_url=slow)
        finally:
            proxy.terminate()
            proxy.wait()
            sandbox.detach()


@contextmanager
def _demo(directory: Path, given: dict[str, str] | None = None) -> Iterator[RunningDemo]:
    as_deployed = ("--web-processes", "2", "--without-streams")
    demo = RunningDemo.serving(directory, "--port", "8700", *as_deployed, given=given)
    try:
        yield demo
    finally:
        demo.stop()


def _stack(demo: RunningDemo) -> Stack:
    ready = demo.ready()
    items = prepare_database(ready["database_url"], merchant=ready["merchant"])
    roots = {name: ready["pids"][name][0] for name in GROUPS if ready["pids"].get(name)}
    return Stack(ready, Target.from_ready_file(ready, items), roots)


def _answers(url: str) -> bool:
    try:
        return urllib3.request("GET", url, timeout=1, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def wait_until_quiet() -> float:
    """Wait until next to nothing runs on this machine, or a minute. Returns the cores last seen busy."""
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        busy, started = busy_seconds(), time.monotonic()
        time.sleep(1.5)
        cores = (busy_seconds() - busy) / (time.monotonic() - started)
        if cores <= QUIET_CORES or time.monotonic() > deadline:
            return cores
