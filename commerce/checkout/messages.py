"""What stands between a session and its payment, said once in words of ours; protocols map the codes.

`target` is the way to what is meant, in terms of the document: ("lines", 0), ("recipient", "address",
"postal_code"), ("codes", 1). `remedy` says who can mend it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Remedy(StrEnum):
    AGENT = "agent"
    BUYER_INPUT = "buyer_input"
    BUYER_REVIEW = "buyer_review"


@dataclass(frozen=True, slots=True)
class Issue:
    """One message. An error without `is_missing` blocks the session; a missing one leaves it incomplete."""

    kind: Kind
    code: str
    text: str
    target: tuple[str | int, ...] = ()
    remedy: Remedy = Remedy.AGENT
    is_missing: bool = False
    # Said about one request, not about the session's state: gone with the next evaluation.
    is_passing: bool = False


def missing(text: str, *target: str | int) -> Issue:
    """Something only the buyer's side can supply."""
    return Issue(Kind.ERROR, "missing", text, target, Remedy.BUYER_INPUT, is_missing=True)


def blocking(code: str, text: str, *target: str | int, remedy: Remedy = Remedy.AGENT) -> Issue:
    """Something that keeps the session from being paid for."""
    return Issue(Kind.ERROR, code, text, target, remedy)


def refusal(code: str, text: str, *target: str | int, remedy: Remedy = Remedy.BUYER_INPUT) -> Issue:
    """Why the last attempt to complete did nothing; the session may be completed all the same."""
    return Issue(Kind.ERROR, code, text, target, remedy, is_passing=True)


def warning(code: str, text: str, *target: str | int, is_passing: bool = False) -> Issue:
    return Issue(Kind.WARNING, code, text, target, is_passing=is_passing)


def info(code: str, text: str, *target: str | int) -> Issue:
    return Issue(Kind.INFO, code, text, target, is_passing=True)
