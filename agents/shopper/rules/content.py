"""What is in the order: writing it into the cart or the checkout, and what a refusal of that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.shopper.rules.memory import Memory, Step, use
from agents.shopper.rules.results import Failure

Items = Mapping[str, int]
"""Variants by id, and how many of each."""

MOST_TRIES = 2
GONE = frozenset({"invalid_session_state", "session_closed", "expired", "canceled", "not_found"})
PASSING = frozenset({"unavailable", "busy", "rate_limited", "timeout"})


def added(memory: Memory, items: Items) -> dict[str, int]:
    held = memory.checkout or memory.cart
    all_items = {one.variant_id: one.quantity for one in held.lines} if held else {}
    for variant_id, count in items.items():
        all_items[variant_id] = all_items.get(variant_id, 0) + count
    return all_items


def _listed(items: Items) -> list[dict[str, Any]]:
    return [{"variant_id": variant_id, "quantity": count} for variant_id, count in items.items() if count > 0]


def put_in_cart(memory: Memory, items: Items) -> Step:
    cart_id = memory.cart.id if memory.cart else ""
    return (yield from use(memory, "update_cart", items=_listed(items), cart_id=cart_id))


def put(memory: Memory, items: Items) -> Step:
    """Make these the whole content of the order: of the open checkout, else of a new one. Tries once more."""
    for _ in range(2):
        if memory.checkout:
            memory = yield from use(
                memory, "update_checkout", checkout_id=memory.checkout.id, items=_listed(items)
            )
        else:
            memory = yield from use(memory, "start_checkout", items=_listed(items))
        failure = memory.latest
        if not isinstance(failure, Failure):
            return memory
        if memory.checkout and is_gone(failure):
            memory = replace(memory, checkout=None)
        elif not is_passing(failure):
            return memory
    return memory


def is_gone(failure: Failure) -> bool:
    """Say whether the checkout is over or unknown, so that another one is needed."""
    return failure.code in GONE


def is_passing(failure: Failure) -> bool:
    """Say whether the same again may work."""
    return failure.code in PASSING
