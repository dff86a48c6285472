"""A turn: a generator that yields calls of tools, is sent what they return, and ends in a reply.

The same messages run the same generator to the same place, so nothing of it has to be kept between calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from agents.shopper.rules.wants import Want


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to be called, and what is said meanwhile."""

    tool: str
    arguments: Mapping[str, Any]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool returned, as it stands in its message."""

    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked last: about what, which ids it spoke of, and what waits for the answer.

    which (products), options (of a product), take (a product or variant), details (what is missing), shipping,
    late (a way that is too late), quantity (so many can be had), pay, cancel (an order), return (an order), fresh
    (everything anew).
    """

    about: str
    ids: tuple[str, ...] = ()
    count: int | None = None
    words: tuple[str, ...] = ()
    pending: tuple[Want, ...] = ()
    replaces: str = ""  # the variant that the answer takes the place of
    reason: str = ""  # of a return, where a yes is enough for it

    def written(self) -> dict[str, Any]:
        """Return it as it is kept with the message that asks."""
        return asdict(self)

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Question:
        lists = {name: tuple(written.get(name, ())) for name in ("ids", "words")}
        pending = tuple(Want(tuple(one["words"]), one["count"]) for one in written.get("pending", ()))
        return cls(
            written["about"],
            count=written.get("count"),
            pending=pending,
            replaces=written.get("replaces", ""),
            reason=written.get("reason", ""),
            **lists,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said at the end of a turn, and what it asks."""

    text: str
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Words that came in the middle of a turn, to be answered in its place."""

    memory: Any = field(repr=False)
    words: str
