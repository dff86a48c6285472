"""One turn: what the shopper said or decided goes in, events come out, until the model is done or waits.

A turn that was cut off goes on from its last checkpoint: the same input is never given twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphRecursionError
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


TOO_MUCH = "This took more steps than I may take for one message. Tell me in a few words how to go on."

_MODES: Sequence[Literal["messages", "updates", "custom"]] = ("messages", "updates", "custom")


class Conversation:
    """The graph over what is kept of one conversation. Lives as long as its checkpoints are open."""

    def __init__(self, thread_id: str, *, model: BaseChatModel, saver: BaseCheckpointSaver[Any]) -> None:
        self._agent = shopping_agent(model, saver)
        rounds = settings.SHOPPER_MODEL_CALLS_PER_TURN + 1
        steps = rounds * len(self._agent.nodes)  # a round from one call of the model to the next visits each once
        self._config: Any = {"configurable": {"thread_id": thread_id}, "recursion_limit": steps}

    def question(self) -> Question | None:
        """Return what the shopper is asked to confirm at this moment."""
        pending = self._state().interrupts
        return Question(pending[0].id, str(pending[0].value["checkout"])) if pending else None

    def has_heard(self, turn: str) -> bool:
        """Say whether the words of a turn have entered the conversation."""
        return _has_entered(turn, self._state())

    def run(self, given: Input, *, answers: str, desk: Desk, tell: Callable[[Json], None]) -> Question | None:
        """Run the graph with what was given, or go on where it was cut off. Tells of each event as it happens.

        `answers` is the id of the question this answers, "" where none was asked when the input came. Returns
        what the shopper is asked now.
        """
        entered = _input(given, self._state(), answers)
        try:
            is_told = self._stream(entered, desk, tell)
        except (ModelCallLimitExceededError, GraphRecursionError):
            tell({"kind": "text", "text": TOO_MUCH, "message": "too_much"})
            return self.question()
        if entered is None and not is_told and (said := _last_words(self._state())):
            tell({"kind": "text", "text": str(said.text), "message": said.id or ""})
        return self.question()

    def _stream(self, entered: Any, desk: Desk, tell: Callable[[Json], None]) -> bool:
        """Go on with what was entered, or, with None, where it was cut off. Says whether words were told.

        What a step has written before its process was killed counts only once the graph goes on. Until then its
        state names no next step.
        """
        is_told = False
        stream: Iterator[Any] = self._agent.stream(
            entered, self._config, context=desk, stream_mode=list(_MODES), durability="sync"
        )
        for mode, part in stream:
            for event in _events(mode, part):
                is_told |= event["kind"] == "text"
                tell(event)
        return is_told

    def _state(self) -> StateSnapshot:
        return self._agent.get_state(self._config)


def _input(given: Input, state: StateSnapshot, answers: str) -> Any:
    """Return what enters the graph: None where it has entered before, and the run was cut off."""
    if answers:
        is_still_asked = any(one.id == answers for one in state.interrupts)
        return _resume(state.interrupts, answers, _answer(given)) if is_still_asked else None
    if isinstance(given, Yes) or _has_entered(given.turn, state):
        return None
    return {"messages": [HumanMessage(given.text, id=given.turn)]}


def _has_entered(turn: str, state: StateSnapshot) -> bool:
    return any(one.id == turn for one in state.values.get("messages", ()))


def _last_words(state: StateSnapshot) -> AIMessage | None:
    """Return what the model said, where that is the last there is."""
    messages = state.values.get("messages", ())
    last = messages[-1] if messages else None
    return last if isinstance(last, AIMessage) and not last.tool_calls and last.text else None


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
