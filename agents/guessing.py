"""How often discount codes that do not exist may be tried in a minute (rfc.discount_extension 11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from agents.throttling import Window
from commerce.checkout.document import Session

_tried = Window("rejected-codes")


def by_agent(agent_id: str) -> dict[str, int]:
    """Return the limit of an agent that asks for its buyers."""
    return {f"agent {agent_id}": settings.REJECTED_CODES_PER_MINUTE}


def by_shopper(shopper_id: str) -> dict[str, int]:
    """Return the limit of one person in a chat, by hand and through the assistant together."""
    return {f"shopper {shopper_id}": settings.REJECTED_CODES_PER_SHOPPER}


def by_address(address: str) -> dict[str, int]:
    """Return the limit of all who come from one address, where anybody may be a new shopper."""
    return {f"address {address}": settings.REJECTED_CODES_PER_MINUTE}


def with_guesses_counted(work: Callable[[], Session], limits: Mapping[str, int]) -> Session:
    """Do what names codes, and count the new ones that there are not for everybody in `limits`.

    Raises Throttled, before anything is done, where one of them has tried too many in this minute.
    """
    for who, limit in limits.items():
        _tried.count(who, limit=limit, times=0)
    session = work()
    for who in limits:
        _tried.add(who, session.guesses)
    return session
