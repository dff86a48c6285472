"""The graph: a model, the tools, and the limits that hold whatever the model does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ModelCallLimitMiddleware,
    ModelRequest,
    ToolCallLimitMiddleware,
    ToolCallRequest,
    dynamic_prompt,
    wrap_tool_call,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agents.shopper.desk import Desk
from agents.shopper.faults import ToolFault
from agents.shopper.instructions import instructions
from agents.shopper.tools import TOOLS

Answer = ToolMessage | Command[Any]


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


def shopping_agent(model: BaseChatModel, checkpointer: BaseCheckpointSaver[Any]) -> CompiledStateGraph[Any, Any]:
    """Return the graph of a conversation. Calls of the model and of tools in one turn are limited."""
    limits: list[Any] = [
        ModelCallLimitMiddleware(run_limit=settings.SHOPPER_MODEL_CALLS_PER_TURN, exit_behavior="end"),
        ToolCallLimitMiddleware(run_limit=settings.SHOPPER_TOOL_CALLS_PER_TURN, exit_behavior="continue"),
        ToolCallLimitMiddleware(tool_name="ask_to_pay", run_limit=3, exit_behavior="continue"),
    ]
    return create_agent(
        model,
        tools=list(TOOLS),
        context_schema=Desk,
        checkpointer=checkpointer,
        middleware=[_instructions, *limits, _faults_to_messages],
    )
