"""What may be asked of a session. A field that is UNSET was not mentioned; None asks to clear it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from commerce.buyers import Buyer, Recipient
from commerce.payments.authentication import AuthenticationResult


class Unset(Enum):
    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A variant and how many of it."""

    variant_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class WantedOption:
    """An option for some lines, named by their own or their variants' ids; none named means all."""

    option_id: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateSession:
    lines: tuple[WantedLine, ...]
    currency: str
    buyer: Buyer | None = None
    recipient: Recipient | None = None
    codes: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    locale: str = ""
    time_zone: str = ""
    notes: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    attribution: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class UpdateSession:
    lines: tuple[WantedLine, ...] | Unset = UNSET
    buyer: Buyer | Unset | None = UNSET
    recipient: Recipient | Unset | None = UNSET
    options: tuple[WantedOption, ...] | Unset | None = UNSET
    codes: tuple[str, ...] | Unset | None = UNSET
    notes: str | Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class CompleteSession:
    """How to pay. `request_key` identifies the request, so that a repetition of it is known again.

    `authentication` is what became of a 3-D Secure that the agent ran.
    """

    token: str
    request_key: str
    buyer: Buyer | None = None
    notes: str | None = None
    attribution: dict[str, Any] | None = None
    risk_signals: dict[str, Any] | None = None
    authentication: AuthenticationResult | None = None
