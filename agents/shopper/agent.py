"""The graph: a model, the tools, and the limits that hold whatever the model does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ModelCallLimitMiddleware,
    ModelRequest,
    ModelResponse,
    ToolCallLimitMiddleware,
    ToolCallRequest,
    dynamic_prompt,
    wrap_model_call,
    wrap_tool_call,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agents.shopper.desk import Desk
from agents.shopper.faults import ToolFault
from agents.shopper.instructions import instructions
from agents.shopper.tools import TOOLS

Answer = ToolMessage | Command[Any]

_CUT_OFF = ToolFault(
    "cut_off",
    "This was cut off, and what came of it is not known.",
    next_step="Look at the checkout or the order before you do it again.",
)


@dynamic_prompt
def _instructions(request: ModelRequest[Desk]) -> str:
    desk = request.runtime.context
    return instructions(today=desk.today, shop=desk.shop_name, currency=desk.currency, contacts=desk.contacts)


@wrap_tool_call
def _faults_to_messages(request: ToolCallRequest, handler: Callable[[ToolCallRequest], Answer]) -> Answer:
    """Tell the model of a fault. Interrupts and bugs go on their way."""
    try:
        return handler(request)
    except ToolFault as fault:
        call = request.tool_call
        return ToolMessage(fault.content(), tool_call_id=call["id"] or "", name=call["name"], status="error")


@wrap_model_call
def _calls_are_answered(
    request: ModelRequest[Desk], handler: Callable[[ModelRequest[Desk]], ModelResponse[Any]]
) -> ModelResponse[Any]:
    """Show the model an answer to each of its calls: providers refuse a conversation in which one is missing."""
    return handler(request.override(messages=list(answered(request.messages))))


def answered(messages: Sequence[AnyMessage]) -> Iterator[AnyMessage]:
    """Put a fault behind each call of a tool that nothing came of, because the turn was given up."""
    known = {one.tool_call_id for one in messages if isinstance(one, ToolMessage)}
    for message in messages:
        yield message
        if isinstance(message, AIMessage):
            calls = (*message.tool_calls, *message.invalid_tool_calls)
            ids = [call["id"] or "" for call in calls if call["id"] not in known]
            yield from (ToolMessage(_CUT_OFF.content(), tool_call_id=one, status="error") for one in ids)


def shopping_agent(model: BaseChatModel, checkpointer: BaseCheckpointSaver[Any]) -> CompiledStateGraph[Any, Any]:
    """Return the graph of a conversation. Calls of the model and of tools in one turn are limited.

    A run with too many calls of the model raises ModelCallLimitExceededError.
    """
    limits: list[Any] = [
        ModelCallLimitMiddleware(run_limit=settings.SHOPPER_MODEL_CALLS_PER_TURN, exit_behavior="error"),
        ToolCallLimitMiddleware(run_limit=settings.SHOPPER_TOOL_CALLS_PER_TURN, exit_behavior="continue"),
        ToolCallLimitMiddleware(tool_name="ask_to_pay", run_limit=3, exit_behavior="continue"),
    ]
    return create_agent(
        model,
        tools=list(TOOLS),
        context_schema=Desk,
        checkpointer=checkpointer,
        middleware=[_instructions, _calls_are_answered, *limits, _faults_to_messages],
    )
