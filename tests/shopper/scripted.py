"""A language model that says what the test tells it to, streamed as providers stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

Line = AIMessage | Callable[[Sequence[BaseMessage]], AIMessage]


def call(name: str, call_id: str = "", **arguments: Any) -> AIMessage:
    """Return a message that calls one tool."""
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": call_id or f"call_{name}"}])


class ScriptedModel(BaseChatModel):
    """Answers each call with the next line of its script. `heard` are the messages of each call."""

    script: list[Any]
    _heard: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def heard(self) -> list[list[BaseMessage]]:
        return self._heard

    def bind_tools(self, tools: Sequence[Any], **options: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=[tool.name for tool in tools])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._next(messages)
        for word in str(answer.content).split(" ") if answer.content else ():
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk
        calls = [
            tool_call_chunk(name=one["name"], args=_json(one["args"]), id=one["id"], index=index)
            for index, one in enumerate(answer.tool_calls)
        ]
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", tool_call_chunks=calls, chunk_position="last")
        )

    def _next(self, messages: list[BaseMessage]) -> AIMessage:
        self._heard.append(messages)
        line = self.script.pop(0)
        answer: AIMessage = line(messages) if callable(line) else line
        return answer


def _json(value: Any) -> str:
    import json

    return json.dumps(value)
