"""Where the agent of one conversation stands: which shop it may call, and what it may not know."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from agents.client import Agent, Exchange, RefusedError
from agents.shopper.faults import ToolFault

RETRIES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between the tries of a request that may still go through: the shop is busy, or did not answer."""

PASSING = frozenset({None, 409, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Payment:
    """What pays for one confirmed purchase. Never told to the model, never stored with the conversation."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Desk:
    """The shop as the tools reach it. Held in memory for one turn: neither checkpointed nor shown to the model.

    `payment_for` mints what pays for a confirmation, by its id; it raises ToolFault where it cannot. `checkouts`
    are the sessions that the conversation has opened, `opened` keeps one more; `orders` is what the shopper has
    bought in this shop, newest first; `contacts` is how the shop is reached, by name. The key reaches everybody's
    who chats here: the tools reach no others.
    """

    agent: Agent
    thread_id: str
    shop_name: str
    currency: str
    today: date
    zone: ZoneInfo
    shopper: str
    payment_for: Callable[[str], Payment]
    opened: Callable[[str], None]
    checkouts: set[str] = field(default_factory=set)
    orders: list[str] = field(default_factory=list)
    contacts: tuple[tuple[str, str], ...] = ()
    exchanges: list[Exchange] = field(default_factory=list)
    pause: Callable[[float], object] = lambda seconds: threading.Event().wait(seconds)

    def key(self, *parts: str) -> str:
        """Return the idempotency key of one intention: the same however often the step is repeated."""
        return hashlib.sha256("\n".join((self.thread_id, *parts)).encode()).hexdigest()[:40]

    def open_checkout(self, checkout_id: str) -> None:
        """Take a session that was just opened for one of this conversation's."""
        self.opened(checkout_id)
        self.checkouts.add(checkout_id)

    def checkout_path(self, checkout_id: str) -> str:
        """Return where a checkout of this conversation is. Raises ToolFault for any other."""
        if checkout_id not in self.checkouts:
            raise ToolFault(
                "not_found",
                f"There is no checkout {checkout_id!r} in this conversation.",
                next_step="Use a checkout_id that start_checkout has returned, or start one.",
            )
        return f"/acp/checkout_sessions/{checkout_id}"

    def order_path(self, order_id: str) -> str:
        """Return where an order of this shopper is. Raises ToolFault for any other."""
        if order_id not in self.orders:
            raise ToolFault(
                "not_found",
                f"There is no order {order_id!r} of this shopper's.",
                next_step="Call order_status without an id: it tells of the latest orders.",
            )
        return f"/agent/orders/{order_id}"

    def note_order(self, order_id: str) -> None:
        """Know an order of a checkout of this conversation, which may be new."""
        if order_id not in self.orders:
            self.orders.insert(0, order_id)

    def get(self, path: str) -> Any:
        return self._persist(lambda: self.agent.get(path))

    def send(self, path: str, body: dict[str, Any], *, key: str) -> Any:
        """Send a request that changes something; again, under the same key, while it may still go through."""
        return self._persist(lambda: self.agent.post(path, body, key))

    def put(self, path: str, body: dict[str, Any], *, key: str) -> Any:
        """Put something in the place of what was there."""
        return self._persist(lambda: self.agent.put(path, body, key))

    def _persist(self, ask: Callable[[], Any]) -> Any:
        for seconds in RETRIES:
            try:
                return ask()
            except RefusedError as problem:
                if problem.exchange.status not in PASSING:
                    raise fault_of(problem) from problem
            self.pause(seconds)
        try:
            return ask()
        except RefusedError as problem:
            raise fault_of(problem) from problem


def fault_of(problem: RefusedError) -> ToolFault:
    """Put a refusal of the API into what a model can act on."""
    exchange = problem.exchange
    if exchange.status in PASSING:
        return ToolFault(
            "unavailable", "The shop does not answer at the moment. Nothing is lost; try again later."
        )
    try:
        told = json.loads(exchange.answer)
    except ValueError:
        told = {}
    if not isinstance(told, dict) or "message" not in told:
        return ToolFault("refused", f"The shop refused this ({exchange.status}).")
    return ToolFault(str(told.get("code", "refused")), str(told["message"]), param=str(told.get("param", "")))
