"""When a session may move on."""

from __future__ import annotations

from enum import StrEnum

from commerce.transitions import Transitions


class Status(StrEnum):
    INCOMPLETE = "incomplete"
    BLOCKED = "blocked"
    READY = "ready"
    COMPLETING = "completing"
    CHALLENGED = "challenged"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


OPEN = frozenset({Status.INCOMPLETE, Status.BLOCKED, Status.READY})

_open = frozenset({*OPEN, Status.CANCELED, Status.EXPIRED})

SESSION_TRANSITIONS = Transitions(
    {
        Status.INCOMPLETE: _open | {Status.COMPLETING},
        Status.BLOCKED: _open | {Status.COMPLETING},
        Status.READY: _open | {Status.COMPLETING},
        Status.COMPLETING: frozenset({Status.READY, Status.CHALLENGED, Status.COMPLETED}),
        Status.CHALLENGED: frozenset({*OPEN, Status.COMPLETING, Status.COMPLETED, Status.CANCELED}),
        Status.COMPLETED: frozenset(),
        Status.CANCELED: frozenset(),
        Status.EXPIRED: frozenset(),
    }
)
