"""What a shop needs before it sells: one small check for each thing, looked at for real.

Each package knows what of it must be there, so the checks stand where that is known and `READINESS_CHECKS` names
them, in the order in which they are shown. What a check finds is never kept as a step that was done: it is found
anew from what is there. Only what has to be asked elsewhere (`probe`) is asked when somebody wants it, and looked
up afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from commerce.accounts.models import Merchant
from commerce.backoffice.rights import Area


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found, in words for the merchant; `details` are more of them, a line each."""

    state: State
    words: str
    details: tuple[str, ...] = ()


Look = Callable[[Merchant, datetime], Finding]
Probe = Callable[[Merchant, datetime], None]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a shop needs. `page` names the URL where it is mended, `area` who may do that.

    Going live needs every check that `is_required` to be OK or a WARNING. `probe` asks elsewhere and keeps what
    was said for `look`; it raises nothing that can be foreseen.
    """

    id: str
    title: str
    why: str
    page: str
    area: Area
    look: Look
    probe: Probe | None = None
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """A check and what it has found at one shop."""

    check: Check
    finding: Finding

    @property
    def is_in_the_way(self) -> bool:
        """Say whether the shop cannot go live for this."""
        return self.check.is_required and self.finding.state in (State.MISSING, State.UNKNOWN)


def checks() -> list[Check]:
    """Return all checks in their order."""
    return [import_string(path) for path in settings.READINESS_CHECKS]


def look_at(merchant: Merchant, *, now: datetime) -> list[Item]:
    """Return what each check finds at a shop. Calls nobody."""
    return [Item(check, check.look(merchant, now)) for check in checks()]


def probe_all(merchant: Merchant, *, now: datetime) -> None:
    """Ask elsewhere whatever can only be known there. Not inside a transaction."""
    for check in checks():
        if check.probe is not None:
            check.probe(merchant, now)


def ok(words: str, *details: str) -> Finding:
    return Finding(State.OK, words, details)


def warning(words: str, *details: str) -> Finding:
    return Finding(State.WARNING, words, details)


def missing(words: str, *details: str) -> Finding:
    return Finding(State.MISSING, words, details)


def unknown(words: str, *details: str) -> Finding:
    return Finding(State.UNKNOWN, words, details)


def check_readiness_settings(**_: Any) -> Sequence[CheckMessage]:
    """Say which of the checks that the settings name are not there."""
    problems: list[CheckMessage] = []
    for path in settings.READINESS_CHECKS:
        try:
            import_string(path)
        except ImportError as problem:
            problems.append(Error(f"The check {path} cannot be imported: {problem}", id="backoffice.E002"))
    return problems
