"""The rules as a chat model: it binds tools, streams words, and answers like any other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from agents.shopper.rules.memory import Memory
from agents.shopper.rules.policy import converse
from agents.shopper.rules.results import Asked
from agents.shopper.rules.saying import read
from agents.shopper.rules.talk import Answer, Call, Question, Reply

ASKED = "asked"  # where a message of ours keeps what it asks

_TODAY = re.compile(r"Today is (\d{4}-\d{2}-\d{2})")
_SHOP = re.compile(r"Shop: (.+?)\. Prices")
_CURRENCY = re.compile(r"Prices in ([A-Z]{3})")
_CONTACT = re.compile(r"^- ([A-Z][\w -]+): (\S.*)$", re.MULTILINE)
_PIECE = re.compile(r"\s*\S+\s*$|\s*\S+")


class RulesModel(BaseChatModel):
    """Rules in place of a language model. Knows what the messages say and nothing else."""

    @property
    def _llm_type(self) -> str:
        return "shopper-rules"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The rules know their tools; a graph binds them all the same."""
        return self.bind(**kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=next_message(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Give the words one by one, then the calls."""
        message = next_message(messages)
        for piece in _PIECE.findall(message.text):
            yield _told(AIMessageChunk(content=piece), run_manager)
        calls = [
            tool_call_chunk(name=one["name"], args=_json(one["args"]), id=one["id"], index=index)
            for index, one in enumerate(message.tool_calls)
        ]
        last = AIMessageChunk(
            content="",
            tool_call_chunks=calls,
            additional_kwargs=message.additional_kwargs,
            response_metadata=message.response_metadata,
            chunk_position="last",
        )
        yield _told(last, run_manager)


def _told(chunk: AIMessageChunk, run_manager: CallbackManagerForLLMRun | None) -> ChatGenerationChunk:
    told = ChatGenerationChunk(message=chunk)
    if run_manager:
        run_manager.on_llm_new_token(str(chunk.text), chunk=told)
    return told


def _json(arguments: Any) -> str:
    import json

    return json.dumps(arguments, ensure_ascii=False)


def next_message(messages: Sequence[BaseMessage]) -> AIMessage:
    """Return what follows on these messages."""
    decided = decide(messages)
    metadata = {"model_name": "shopper-rules"}
    if isinstance(decided, Call):
        call = {
            "name": decided.tool,
            "args": dict(decided.arguments),
            "id": _call_id(messages, decided),
            "type": "tool_call",
        }
        return AIMessage(content=decided.text, tool_calls=[call], response_metadata=metadata)
    asked = {ASKED: decided.question.written()} if decided.question else {}
    return AIMessage(content=decided.text, additional_kwargs=asked, response_metadata=metadata)


def _call_id(messages: Sequence[BaseMessage], call: Call) -> str:
    """Return an id that follows from the history alone, and is another one at each place of it."""
    written = "\x1f".join(f"{one.type}\x1e{one.text}" for one in messages)
    return f"call_{hashlib.sha256(f'{len(messages)}{written}{call.tool}'.encode()).hexdigest()[:24]}"


def decide(messages: Sequence[BaseMessage]) -> Call | Reply:
    """Run the turn again up to where its messages end, and return what comes next."""
    last = max((index for index, one in enumerate(messages) if isinstance(one, HumanMessage)), default=-1)
    if last < 0:
        return Reply("Hello! What are you looking for?")
    memory = remembered(messages[:last], beginning(messages))
    turn = converse(memory, messages[last].text)
    try:
        decided = next(turn)
        for _, answer in _answered_calls(messages[last + 1 :]):
            decided = turn.send(answer)
    except StopIteration as end:
        reply: Reply = end.value
        return reply
    return decided


def beginning(messages: Sequence[BaseMessage]) -> Memory:
    """Read the day, the shop, its currency and how to reach it from the first message."""
    text = next((one.text for one in messages if isinstance(one, SystemMessage)), "")
    today, shop, currency = (pattern.search(text) for pattern in (_TODAY, _SHOP, _CURRENCY))
    return Memory(
        today=date.fromisoformat(today[1]) if today else date(1970, 1, 1),
        shop=shop[1] if shop else "",
        currency=currency[1] if currency else "",
        contacts=dict(_CONTACT.findall(text)),
    )


def remembered(messages: Sequence[BaseMessage], memory: Memory) -> Memory:
    """Go through what was said and done, and return what is known at the end of it."""
    answers = {one.tool_call_id: _answer(one) for one in messages if isinstance(one, ToolMessage)}
    for message in messages:
        if isinstance(message, HumanMessage):
            memory = memory.heard(read(message.text, memory.hearing()))
        elif isinstance(message, AIMessage):
            memory = _after(memory, message, answers)
    return memory


def _after(memory: Memory, message: AIMessage, answers: dict[str, Answer]) -> Memory:
    for call in message.tool_calls:
        answer = answers.get(call["id"] or "")
        if answer is None:
            continue
        memory = memory.after(call["name"], call["args"], answer)
        if isinstance(memory.latest, Asked) and memory.latest.outcome == "not_confirmed" and memory.latest.said:
            memory = memory.heard(read(memory.latest.said, memory.hearing()))
    if message.tool_calls:
        return memory
    asked = message.additional_kwargs.get(ASKED)
    return memory.asking(Question.of(asked) if asked else None)


def _answered_calls(messages: Sequence[BaseMessage]) -> Iterator[tuple[str, Answer]]:
    """Yield the calls of a turn that were answered, in their order."""
    answers = {one.tool_call_id: _answer(one) for one in messages if isinstance(one, ToolMessage)}
    for message in messages:
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            if (call["id"] or "") in answers:
                yield call["name"], answers[call["id"] or ""]


def _answer(message: ToolMessage) -> Answer:
    return Answer(message.text, is_error=message.status == "error")
