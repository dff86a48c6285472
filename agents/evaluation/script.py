"""What a scenario is made of: who the shopper is, what they do, and what must be so in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Facts:
    """What a shopper can tell of who pays and where it goes."""

    name: str = "Ann Lee"
    email: str = "ann@example.com"
    address: str = "1 Market St, San Francisco, CA 94105"
    country: str = "US"
    postal_code: str = "94105"

    @property
    def told(self) -> str:
        return f"Send it to {self.name}, {self.address}. My e-mail is {self.email}."


@dataclass(frozen=True, slots=True)
class Confirm:
    """Press the button, with a card."""

    card: str = "pm_card_visa"


@dataclass(frozen=True, slots=True)
class Say:
    """Write something instead of pressing the button."""

    words: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something happens to the shop while the order is shown: raise_price, sell_out, expire; then the button."""

    what: str


@dataclass(frozen=True, slots=True)
class AtBank:
    """Press the button with a card whose issuer asks; pass ("complete") or fail ("fail") there, or leave."""

    result: str


@dataclass(frozen=True, slots=True)
class Twice:
    """Press the button in two tabs at once."""


Act = Confirm | Say | Meanwhile | AtBank | Twice

ANN = Facts()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One family. `wants` are keys of goods and how many are to be ordered in the end; nothing for no order.

    `checks` name what else must be so (see `judging.CHECKS`); `picks` is how the shopper chooses what is shown.
    """

    family: str
    opening: str
    wants: Mapping[str, int] = field(default_factory=dict)
    picks: str = ""
    facts: Facts = ANN
    lines: tuple[str, ...] = ()
    at_sheet: tuple[Act, ...] = ()
    afterwards: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    hostile: str = ""
    limit_minor: int | None = None
    most_turns: int = 14
