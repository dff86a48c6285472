"""What a page shows of a conversation: events fold into blocks, the same way for a page and for its stream. Pure.

A block is told of by name, so that a page that is open is changed in place. What lives (an order sheet, an order)
is only named here, and written from the database by whoever renders it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from agents.chat.models import ChatEvent

THINKING = "Thinking…"

TOLD = (
    "shopper",
    "confirmed",
    "said",
    "doing",
    "products",
    "comparison",
    "checkout",
    "changed",
    "sheet",
    "order",
    "problem",
    "challenge",
    "undecided",
    "call",
    "again",
    "done",
)
"""The kinds of events that a page is made of. The others are for whoever looks over the shoulder."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the page. `id` is unique in a conversation, `turn` the turn that it belongs to, if any."""

    id: str
    kind: str
    data: dict[str, Any]
    turn: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """A block comes at the end."""

    block: Block


@dataclass(frozen=True, slots=True)
class Replaced:
    """A block that is there looks different now."""

    block: Block


@dataclass(frozen=True, slots=True)
class Moved:
    """A block that is there goes to the end, and looks different."""

    block: Block


@dataclass(frozen=True, slots=True)
class Removed:
    id: str


@dataclass(frozen=True, slots=True)
class TextAdded:
    """The words of a block go on."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Doing:
    """What the assistant is at; empty where it waits for the shopper."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A turn is over: what was said in it, to be read out in one piece."""

    text: str


Change = Added | Replaced | Moved | Removed | TextAdded | Doing | Finished


@dataclass
class Fold:
    """A conversation as it is shown after some events. `sheet` is the session whose order sheet lives.

    `paying` is the session that is being paid, `spoken` what the assistant said since the shopper did.
    """

    blocks: dict[str, Block] = field(default_factory=dict)
    doing: str = ""
    sheet: str = ""
    paying: str = ""
    last_id: int = 0
    spoken: list[str] = field(default_factory=list)
    _open: dict[str, str] = field(default_factory=dict)
    _unfinished: dict[str, str] = field(default_factory=dict)

    def take_all(self, events: Iterable[ChatEvent]) -> Fold:
        for event in events:
            self.take(event)
        return self

    def take(self, event: ChatEvent) -> list[Change]:
        """Take the next event, and say what it changes on the page."""
        self.last_id = event.pk
        handler = _HANDLERS.get(event.kind)
        return handler(self, event) if handler else []

    def texts(self) -> list[str]:
        """Return what the shopper has said so far."""
        return [str(block.data["text"]) for block in self.blocks.values() if block.kind == "shopper"]

    def has_problem(self, session_id: str) -> bool:
        """Say whether a problem with a checkout is shown that offers a next step."""
        problems = (block.data for block in self.blocks.values() if block.kind == "problem")
        return any(one.get("checkout") == session_id and not one.get("is_over") for one in problems)

    def add(self, block: Block) -> Change:
        self.blocks[block.id] = block
        return Added(block)

    def remove(self, block_id: str) -> list[Change]:
        return [Removed(block_id)] if self.blocks.pop(block_id, None) else []

    def show(self, block: Block) -> Change:
        """Show what lives where it stands; where another turn speaks of it, at the end."""
        known = self.blocks.get(block.id)
        if known is None:
            return self.add(block)
        if block.turn is None or known.turn == block.turn:
            self.blocks[block.id] = replace(block, turn=known.turn)
            return Replaced(block)
        del self.blocks[block.id]
        self.blocks[block.id] = block
        return Moved(block)

    def do(self, text: str) -> list[Change]:
        if text == self.doing:
            return []
        self.doing = text
        return [Doing(text)]

    def _shopper(self, event: ChatEvent) -> list[Change]:
        self.spoken = []
        return [self.add(_block(event, "shopper")), *self._old_problems(), *self.do(THINKING)]

    def _old_problems(self) -> list[Change]:
        """Let problems that were answered offer no next step any more."""
        changes: list[Change] = []
        for block in list(self.blocks.values()):
            if block.kind == "problem" and not block.data.get("is_over"):
                self.blocks[block.id] = replace(block, data={**block.data, "is_over": True})
                changes.append(Replaced(self.blocks[block.id]))
        return changes

    def _said(self, event: ChatEvent) -> list[Change]:
        message, text = str(event.data.get("message", "")), str(event.data["text"])
        key = f"{event.turn_id}:{message}"
        self.spoken.append(text)
        known = self.blocks.get(self._open.get(key, ""))
        if known is not None:
            self.blocks[known.id] = replace(known, data={"text": known.data["text"] + text})
            return [TextAdded(known.id, text)]
        block = _block(event, "assistant")
        self._open[key] = block.id
        self._unfinished[str(event.turn_id)] = block.id
        return [self.add(block), *self.do("")]

    def _call(self, event: ChatEvent) -> list[Change]:
        """A message that calls a tool is complete."""
        self._unfinished.pop(str(event.turn_id), None)
        return []

    def _again(self, event: ChatEvent) -> list[Change]:
        """A turn that was cut off begins again: what was not said to the end is said anew."""
        cut = self._unfinished.pop(str(event.turn_id), "")
        gone = self.blocks.get(cut)
        if gone is not None:
            self.spoken = [text for text in self.spoken if text not in gone.data["text"]]
        return [*self.remove(cut), *self.do(THINKING)]

    def _doing(self, event: ChatEvent) -> list[Change]:
        return self.do(str(event.data["text"]))

    def _products(self, event: ChatEvent) -> list[Change]:
        if not event.data.get("products"):
            return []
        return [self.add(_block(event, event.kind))]

    def _checkout(self, event: ChatEvent) -> list[Change]:
        session = str(event.data["checkout"])
        changes: list[Change] = []
        before, self.sheet = self.sheet, session
        if before and before != session:
            changes += self._old_problems()
            changes += [Replaced(old)] if (old := self.blocks.get(sheet_id(before))) else []
        return [*changes, self.show(Block(sheet_id(session), "sheet", {"checkout": session}, event.turn_id))]

    def _changed(self, event: ChatEvent) -> list[Change]:
        known = self.blocks.get(sheet_id(str(event.data["checkout"])))
        return [Replaced(known)] if known else []

    def _confirmed(self, event: ChatEvent) -> list[Change]:
        self.spoken = []
        self.paying = str(event.data["checkout"])
        return [*self._changed(event), *self._old_problems(), *self.do("Paying…")]

    def _order(self, event: ChatEvent) -> list[Change]:
        order = str(event.data["order"])
        block = Block(f"order-{order}", "order", {"order": order}, event.turn_id)
        return [*self._decided(event), self.show(block)]

    def _problem(self, event: ChatEvent) -> list[Change]:
        return [*self._decided(event), self.add(_block(event, "problem")), *self.do("")]

    def _challenge(self, event: ChatEvent) -> list[Change]:
        return self._waits(event, "challenge")

    def _undecided(self, event: ChatEvent) -> list[Change]:
        return self._waits(event, "undecided")

    def _waits(self, event: ChatEvent, kind: str) -> list[Change]:
        session = str(event.data["checkout"])
        changes = self._decided(event)
        return [*changes, self.show(Block(f"wait-{session}", kind, event.data, event.turn_id)), *self.do("")]

    def _decided(self, event: ChatEvent) -> list[Change]:
        """Something came of a payment: its sheet looks different, and nobody waits any more."""
        session = str(event.data.get("checkout", ""))
        if not session:
            return []
        if self.paying == session:
            self.paying = ""
        return [*self.remove(f"wait-{session}"), *self._changed(event)]

    def _done(self, event: ChatEvent) -> list[Change]:
        self._unfinished.pop(str(event.turn_id), None)
        finished = Finished("".join(self.spoken).strip())
        self.spoken = []
        changes: list[Change] = [finished, *self.do("")]
        if self.paying:  # given up: the sheet is no longer on its way
            session, self.paying = self.paying, ""
            known = self.blocks.get(sheet_id(session))
            changes += [Replaced(known)] if known else []
        return changes


def sheet_id(session_id: str) -> str:
    return f"sheet-{session_id}"


def _block(event: ChatEvent, kind: str) -> Block:
    return Block(f"e{event.pk}", kind, event.data, event.turn_id)


_HANDLERS: dict[str, Callable[[Fold, ChatEvent], list[Change]]] = {
    "shopper": Fold._shopper,
    "confirmed": Fold._confirmed,
    "said": Fold._said,
    "doing": Fold._doing,
    "products": Fold._products,
    "comparison": Fold._products,
    "checkout": Fold._checkout,
    "sheet": Fold._checkout,
    "changed": Fold._changed,
    "order": Fold._order,
    "problem": Fold._problem,
    "challenge": Fold._challenge,
    "undecided": Fold._undecided,
    "call": Fold._call,
    "again": Fold._again,
    "done": Fold._done,
}
