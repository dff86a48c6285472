"""Places where a process may be made to die or to fail, to prove that nothing depends on its going on.

`FAILPOINTS` arms them when a process starts: `capture.after_ask=kill` kills it there with SIGKILL, `raise` raises
FailpointError, `capture.after_ask=kill:0.02` does so one time in fifty; several are separated by commas. A pattern
such as `capture.*` arms all it matches. With `@FILE` they stand in a file, which is looked at whenever one is
reached, and the first that hits removes it: so it happens once, to processes that run already. Each hit is a line
in the file that `FAILPOINT_LOG` names. Without `FAILPOINTS` a failpoint is a function that returns; with
`PAYMENTS_LIVE` arming one is an error.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

KILL, RAISE = "kill", "raise"

Armed = tuple[str, str, float]
"""A pattern of names, what happens there, and how probably."""


class FailpointError(RuntimeError):
    """Raised on purpose."""


class Failpoints:
    """Armed failpoints. Raises ValueError for what cannot be understood, or must not be."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        if environment.get("PAYMENTS_LIVE", "").strip().lower() in {"1", "true", "yes", "on"}:
            raise ValueError("FAILPOINTS break a shop on purpose, and this one takes real money (PAYMENTS_LIVE).")
        told = environment["FAILPOINTS"].strip()
        self._file = told[1:] if told.startswith("@") else ""
        self._armed = [] if self._file else _armed(told)
        self._log = environment.get("FAILPOINT_LOG", "")
        self._chance = random.Random()  # noqa: S311 - chance, not secrecy; each process has its own

    def reach(self, name: str) -> None:
        """Die, raise or go on, as is armed for this failpoint. Raises FailpointError."""
        for pattern, action, probability in self._armed or self._told_by_file():
            if fnmatchcase(name, pattern) and self._chance.random() < probability and self._is_first():
                self._note(name, action)
                if action == KILL:
                    os.kill(os.getpid(), signal.SIGKILL)
                raise FailpointError(name)

    def _told_by_file(self) -> list[Armed]:
        try:
            with open(self._file, encoding="utf-8") as file:
                return _armed(file.read())
        except FileNotFoundError:
            return []

    def _is_first(self) -> bool:
        """Say whether nobody else has been hit by what the file says."""
        if not self._file:
            return True
        try:
            os.unlink(self._file)
        except FileNotFoundError:
            return False
        return True

    def _note(self, name: str, action: str) -> None:
        if self._log:
            with open(self._log, "a", encoding="utf-8") as log:
                log.write(f"{name} {action} {os.getpid()}\n")


def _armed(text: str) -> list[Armed]:
    return [_read(part) for part in text.split(",") if part.strip()]


def _read(text: str) -> Armed:
    pattern, _, told = text.strip().partition("=")
    action, _, probability = told.partition(":")
    if action not in (KILL, RAISE):
        raise ValueError(
            f"FAILPOINTS: {text.strip()!r} is not NAME=kill or NAME=raise, with :PROBABILITY or without."
        )
    return pattern, action, float(probability or 1)


def _nothing(_name: str) -> None:
    """Go on."""


failpoint: Callable[[str], None] = Failpoints(os.environ).reach if os.environ.get("FAILPOINTS") else _nothing
