"""Shapes of the answers about orders: the protocol's own Order, and beside it what may be asked of it now."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from agents.acp.v2026_04_17.bodies import Order
from agents.openapi import close_shapes


class Allowance(TypedDict):
    """How many units; where that is 0, why, and what else could be done. `until` is the last day."""

    quantity: int
    until: NotRequired[str]
    code: NotRequired[str]
    message: NotRequired[str]


class LineChoices(TypedDict):
    """A line of the order by its `id`, as `cancel` and `returns` take it."""

    id: str
    title: str
    cancelable: Allowance
    returnable: Allowance


class ReturnReason(TypedDict):
    value: str
    label: str


class Possible(TypedDict):
    """What `POST …/cancel` and `POST …/returns` would do now."""

    may_cancel: bool
    may_return: bool
    return_reasons: list[ReturnReason]
    line_items: list[LineChoices]


class AgentOrder(TypedDict):
    """An order as webhooks tell it. `message` says what a change has done, and what comes next."""

    order: Order
    possible: Possible
    message: NotRequired[str]


class AgentOrders(TypedDict):
    orders: list[AgentOrder]
    next_cursor: NotRequired[str]


close_shapes({name: shape for name, shape in globals().items() if name != "Order"})
