"""One turn: what the shopper said or decided goes in, events come out, until the model is done or waits.

A turn that was cut off goes on from its last checkpoint: the same input is never given twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command, Interrupt, StateSnapshot

from agents.shopper.agent import shopping_agent
from agents.shopper.desk import Desk
from agents.shopper.paying import CONFIRMED, SAID

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What the shopper wrote. `turn` names it, so that it enters the conversation once."""

    turn: str
    text: str


@dataclass(frozen=True, slots=True)
class Yes:
    """The id of the confirmation that a click has written."""

    confirmation: str


Input = Words | Yes


@dataclass(frozen=True, slots=True)
class Question:
    """An order that the shopper is asked to confirm. The id tells one time of asking from the next."""

    id: str
    checkout: str


_MODES: Sequence[Literal["messages", "updates", "custom"]] = ("messages", "updates", "custom")


class Conversation:
    """The graph over what is kept of one conversation. Lives as long as its checkpoints are open."""

    def __init__(self, thread_id: str, *, model: BaseChatModel, saver: BaseCheckpointSaver[Any]) -> None:
        self._config: Any = {"configurable": {"thread_id": thread_id}, "recursion_limit": 100}
        self._agent = shopping_agent(model, saver)

    def question(self) -> Question | None:
        """Return what the shopper is asked to confirm at this moment."""
        pending = self._state().interrupts
        return Question(pending[0].id, str(pending[0].value["checkout"])) if pending else None

    def run(self, given: Input, *, answers: str, desk: Desk, tell: Callable[[Json], None]) -> Question | None:
        """Run the graph with what was given, or go on where it was cut off. Tells of each event as it happens.

        `answers` is the id of the question this answers, "" where none was asked when the input came. Returns
        what the shopper is asked now.
        """
        state = self._state()
        entered = _input(given, state, answers)
        if entered is not None or state.next:
            stream: Iterator[Any] = self._agent.stream(
                entered, self._config, context=desk, stream_mode=list(_MODES), durability="sync"
            )
            for mode, part in stream:
                for event in _events(mode, part):
                    tell(event)
        return self.question()

    def _state(self) -> StateSnapshot:
        return self._agent.get_state(self._config)


def _input(given: Input, state: StateSnapshot, answers: str) -> Any:
    """Return what enters the graph: None where it has entered before, and the run was cut off."""
    if answers:
        is_still_asked = any(one.id == answers for one in state.interrupts)
        return _resume(state.interrupts, answers, _answer(given)) if is_still_asked else None
    if isinstance(given, Yes) or any(one.id == given.turn for one in state.values.get("messages", ())):
        return None
    return {"messages": [HumanMessage(given.text, id=given.turn)]}


def _answer(given: Input) -> Json:
    if isinstance(given, Yes):
        return {"kind": CONFIRMED, "confirmation": given.confirmation}
    return {"kind": SAID, "words": given.text}


def _resume(pending: tuple[Interrupt, ...], answers: str, answer: Json) -> Command[Any]:
    """Answer a question; where a model asked several at once, the others wait for nothing."""
    refusal = {"kind": SAID, "words": "One order at a time, please."}
    return Command(resume={one.id: answer if one.id == answers else refusal for one in pending})


def _events(mode: str, part: Any) -> Iterator[Json]:
    if mode == "custom":
        yield part
    elif mode == "messages":
        chunk, _ = part
        if isinstance(chunk, AIMessageChunk) and chunk.text:
            yield {"kind": "text", "text": str(chunk.text), "message": chunk.id or ""}
    elif mode == "updates":
        yield from _of_update(part)


def _of_update(update: Json) -> Iterator[Json]:
    """Tell of calls of tools and what they returned, for those who look over the shoulder."""
    for change in update.values():
        if not isinstance(change, dict):
            continue
        for message in change.get("messages", ()):
            for call in getattr(message, "tool_calls", ()):
                yield {"kind": "call", "name": call["name"], "arguments": call["args"], "id": call["id"]}
            if isinstance(message, ToolMessage):
                yield {
                    "kind": "answer",
                    "id": message.tool_call_id,
                    "status": message.status,
                    "text": message.text,
                }
