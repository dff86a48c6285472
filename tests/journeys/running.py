"""A `manage.py demo --serve` of its own, and what can be done to its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import waiting

PROJECT = Path(__file__).parents[2]
SHOP_GUARD = 180.0
"""Seconds: three times the lease of an event or a payment whose process is gone."""
GIVEN = ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "STRIPE_API_BASE", "DEMO_DATA_DIR", "DATA_DIR")


class RunningDemo:
    """The demo as a process, its output in a file."""

    def __init__(self, directory: Path, *arguments: str, given: dict[str, str] | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.ready_file = directory / "ready.json"
        self.output = directory / "output.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", *arguments],
                cwd=PROJECT,
                env={**surroundings(directory), **(given or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_hear_hangups,
            )

    @classmethod
    def serving(cls, directory: Path, *arguments: str, given: dict[str, str] | None = None) -> RunningDemo:
        """Start a demo that stays, and wait until it is ready."""
        demo = cls(directory, "--serve", "--ready-file", str(directory / "ready.json"), *arguments, given=given)
        try:
            wait_until(lambda: demo.ready_file.exists() or demo.process.poll() is not None, "the demo is ready")
        except AssertionError:
            demo.stop()
            raise
        assert demo.process.poll() is None, demo.output.read_text()
        return demo

    def ready(self) -> dict[str, Any]:
        return dict(json.loads(self.ready_file.read_text()))

    def pids(self, name: str) -> list[int]:
        return list(self.ready()["pids"][name])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the demo and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(SHOP_GUARD)


def surroundings(directory: Path) -> dict[str, str]:
    """Return an environment in which nothing is given, so that everything is embedded."""
    known = {name: value for name, value in os.environ.items() if name not in GIVEN}
    return {**known, "DEMO_DATA_DIR": str(directory / "state")}


def processes_of(directory: Path) -> dict[int, str]:
    """Return every living process that a demo in this directory has started, with its command."""
    mark = str(directory).encode()
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            command = (entry / "cmdline").read_bytes()
            told = command + (entry / "environ").read_bytes()
        except OSError:
            continue
        if state != "Z" and mark in told:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def _hear_hangups() -> None:
    """Undo what is inherited where the tests run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Wait for what the processes of a whole shop do."""
    waiting.wait_until(holds, what, guard=SHOP_GUARD)
