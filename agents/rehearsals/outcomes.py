"""What may come of a step of a test purchase."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    words: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """There is nothing to do here, and that is all right."""

    words: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that others do is not done yet; the step is done again soon."""

    words: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It does not work. `mend` is the id of the readiness check where it is mended, if not the step's own."""

    words: str
    mend: str = ""


Outcome = Done | Skipped | Wait | Failed
