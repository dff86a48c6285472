"""A scripted shopper: says what it wants, answers what is asked, looks at the order before it decides. Pure.

It never helps the assistant with ids or formats; it reacts to what is on the page, as people do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.evaluation.script import Act, Confirm, Scenario


@dataclass(frozen=True, slots=True)
class Sight:
    """What the page shows when it is the shopper's turn.

    `sheet` is what the order to be confirmed contains by keys of goods, None where nothing is asked; `missing`
    what an open checkout still lacks. `is_ordered` says that an order was placed in the conversation.
    """

    sheet: Mapping[str, int] | None = None
    has_products: bool = False
    missing: tuple[str, ...] = ()
    is_open: bool = False
    is_ordered: bool = False
    said: str = ""


@dataclass
class Persona:
    """What is left to say and to do of a scenario."""

    scenario: Scenario
    lines: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    afterwards: list[str] = field(default_factory=list)
    has_picked: bool = False
    has_told: int = 0
    corrections: int = 0

    def __post_init__(self) -> None:
        self.lines = list(self.scenario.lines)
        self.acts = list(self.scenario.at_sheet)
        self.afterwards = list(self.scenario.afterwards)

    def opening(self) -> str:
        return self.scenario.opening

    def next(self, sight: Sight) -> Act | str | None:
        """Return what the shopper does now: an act at the sheet, words, or None for nothing more."""
        if sight.sheet is not None:
            return self._at_sheet(sight.sheet)
        if sight.is_ordered:
            return self.afterwards.pop(0) if self.afterwards else None
        if sight.is_open and self._asks_for_facts(sight) and self.has_told < 3:
            self.has_told += 1
            return self.scenario.facts.told
        if sight.has_products and not self.has_picked and not sight.is_open and self.scenario.picks:
            self.has_picked = True
            return self.scenario.picks
        if self.lines:
            return self.lines.pop(0)
        if not self.scenario.wants and not self.acts:
            return None
        return self._insist(sight)

    def _at_sheet(self, sheet: Mapping[str, int]) -> Act | str:
        """Say what is left to say, then do what the scenario says, else confirm what is right."""
        if self.lines and self.scenario.wants:
            return self.lines.pop(0)
        if self.acts:
            return self.acts.pop(0)
        if not self.scenario.wants and self.lines:
            return self.lines.pop(0)
        if dict(sheet) == dict(self.scenario.wants):
            return Confirm()
        self.corrections += 1
        return "This is not what I asked for" if self.corrections < 3 else "Then nothing, thank you"

    def _asks_for_facts(self, sight: Sight) -> bool:
        return any(one.startswith(("email", "address")) for one in sight.missing)

    def _insist(self, sight: Sight) -> str | None:
        if sight.is_open and self.has_told:
            return "I want to pay"
        if self.has_told < 2:
            self.has_told += 1
            return self.scenario.facts.told if self.has_picked else (self.scenario.picks or "Yes, please")
        return "I want to buy it"
