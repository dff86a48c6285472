"""State machines as data: which status may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class TransitionError(RuntimeError):
    """A status was asked to change in a way its table does not know: a defect of ours."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """The allowed moves of one status field, as a mapping from each status to its successors."""

    moves: Mapping[str, frozenset[str]]

    def allows(self, old: str, new: str) -> bool:
        """Say whether `new` may follow `old`. Staying is always allowed."""
        return old == new or new in self.moves[old]

    def check(self, old: str, new: str) -> None:
        """Raise TransitionError unless `new` may follow `old`."""
        if not self.allows(old, new):
            raise TransitionError(f"{old} cannot become {new}")

    def sources(self, new: str) -> list[str]:
        """Return the statuses from which `new` can be reached, for a guarded UPDATE."""
        return sorted(old for old, followers in self.moves.items() if new in followers)

    @property
    def terminal(self) -> frozenset[str]:
        """The statuses that nothing follows."""
        return frozenset(status for status, followers in self.moves.items() if not followers)
