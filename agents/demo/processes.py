"""Child processes of the demo: apart from the terminal, with a log each, ended with everything they started."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from agents.demo.signals import Signals

PROJECT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 8.0
PR_SET_PDEATHSIG = 1

_prctl: Callable[..., int] | None = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
_pause = threading.Event()


class ProcessEndedError(RuntimeError):
    """A process that is needed has ended by itself."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(f"{name} {describe(status)}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how it is asked to end: by us, or by the kernel where we are killed (on Linux)."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGTERM


class Processes:
    """Everything the demo has started, by name. For the main thread only: the kernel ties children to it."""

    def __init__(self, logs: Path, signals: Signals) -> None:
        self.logs = logs
        self._signals = signals
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._programs: dict[str, Program] = {}

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def start(self, program: Program, **options: Any) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, in place of what had its name before."""
        with self._signals.held(), self.log(program.name).open("ab") as log:
            self.sweep(program.name)
            child = subprocess.Popen(  # noqa: S603 - our own programs
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=options.pop("stdout", log),
                stderr=log,
                env=dict(program.environment) or None,
                cwd=options.pop("cwd", PROJECT),
                start_new_session=True,
                preexec_fn=partial(_follow, program.orphan_signal, os.getpid()),
                **options,
            )
            self._running[program.name] = child
            self._programs[program.name] = program
        return child

    def lines_of(self, program: Program) -> Iterator[bytes]:
        """Run a program and pass on its output line by line. Raises ProcessEndedError where it fails."""
        child = self.start(program, stdout=subprocess.PIPE)
        if child.stdout is not None:
            yield from child.stdout
        status = child.wait()
        self.sweep(program.name)
        if status != 0:
            raise ProcessEndedError(program.name, status)

    def status(self, name: str) -> int | None:
        """Return the exit status of a process, None while it runs or where there is none."""
        child = self._running.get(name)
        return child.poll() if child else None

    def fallen(self) -> dict[str, int]:
        """Return the processes that have ended by themselves, with their exit status."""
        return {name: status for name in self._running if (status := self.status(name)) is not None}

    def require_running(self) -> None:
        """Raise ProcessEndedError for the first process that has ended."""
        for name, status in self.fallen().items():
            raise ProcessEndedError(name, status)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Wait for a condition. Raises ProcessEndedError, or TimeoutError which says `what` did not happen."""
        deadline = time.monotonic() + seconds
        while not condition():
            self.require_running()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} within {seconds:.0f} s")
            _pause.wait(0.03)

    def ids(self, name: str) -> list[int]:
        """Return the ids of a process and of everything below it, itself first."""
        child = self._running.get(name)
        return [child.pid, *descendants(child.pid)] if child and child.poll() is None else []

    def stop(self, names: Iterable[str]) -> None:
        """Ask processes to end, wait for them, and kill what is left. Nothing interrupts this."""
        children = {name: child for name in names if (child := self._running.get(name))}
        for name, child in children.items():
            _send(child, self._programs[name].stop_signal)
            _send(child, signal.SIGCONT)  # it may be paused
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.poll() is None for child in children.values()):
            if time.monotonic() > deadline or self._signals.is_urgent:
                break
            _pause.wait(0.02)
        for name in children:
            self.sweep(name)

    def sweep(self, name: str) -> None:
        """Kill what is left of a process and of its session, and forget it."""
        child = self._running.pop(name, None)
        if child is None:
            return
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        child.wait()


def describe(status: int) -> str:
    """Say how a process ended: "was killed by SIGKILL", "ended with status 1"."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def descendants(pid: int) -> list[int]:
    """Return the processes below a process, as /proc knows them; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = entry.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended since it was listed
            continue
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], sorted(children.get(pid, ()))
    while waiting:
        found.append(waiting.pop(0))
        waiting.extend(sorted(children.get(found[-1], ())))
    return found


def _send(child: subprocess.Popen[bytes], number: int) -> None:
    if child.poll() is None:
        child.send_signal(number)


def _follow(number: int, parent: int) -> None:
    """Have the kernel end this process with its parent. Runs between fork and exec: one system call only."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)
