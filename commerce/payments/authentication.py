"""3-D Secure that was run elsewhere: how it ended, and the proof of it. Pure.

The outcomes are EMV 3-D Secure's results in the words that agents use (ACP 2026-04-17, AuthenticationResult).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

import orjson


class Outcome(StrEnum):
    AUTHENTICATED = "authenticated"
    ATTEMPT_ACKNOWLEDGED = "attempt_acknowledged"
    INFORMATIONAL = "informational"
    NOT_SUPPORTED = "not_supported"
    DENIED = "denied"
    REJECTED = "rejected"
    ABANDONED = "abandoned"
    CANCELED = "canceled"
    INTERNAL_ERROR = "internal_error"
    PROCESSING_ERROR = "processing_error"


PROVEN = frozenset({Outcome.AUTHENTICATED, Outcome.ATTEMPT_ACKNOWLEDGED, Outcome.INFORMATIONAL})
"""The issuer gave a proof: the payment goes on with it, and the issuer decides."""

FINAL = frozenset({Outcome.DENIED, Outcome.REJECTED, Outcome.NOT_SUPPORTED})
"""This card will not pass. After any other outcome the buyer may try again."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the card's issuer answered. `transaction_id` is the directory server's; `version` like 2.2.0."""

    cryptogram: str
    electronic_commerce_indicator: str
    transaction_id: str
    version: str


@dataclass(frozen=True, slots=True)
class AuthenticationResult:
    """How 3-D Secure ended. An outcome that is `PROVEN` comes with its proof."""

    outcome: Outcome
    proof: Proof | None = None


def encode(proof: Proof) -> str:
    """Write a proof as text, to be sealed."""
    return orjson.dumps(asdict(proof)).decode()


def decode(text: str) -> Proof:
    """Read what `encode` wrote."""
    return Proof(**orjson.loads(text))
