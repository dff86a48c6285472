"""Which role may look at or change which part of a shop."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from commerce.accounts.models import Membership

Role = Membership.Role


class Area(StrEnum):
    """A part of a shop that somebody is or is not trusted with."""

    ORDERS = "orders"
    MONEY = "money"
    CATALOG = "catalog"
    TERMS = "terms"
    AGENTS = "agents"
    KEYS = "keys"
    SETTINGS = "settings"
    MEMBERS = "members"
    OPERATIONS = "operations"


class Right(IntEnum):
    NONE = 0
    VIEW = 1
    CHANGE = 2


_N, _V, _C = Right.NONE, Right.VIEW, Right.CHANGE
_COLUMNS = (Role.READER, Role.SUPPORT, Role.MANAGER, Role.OWNER)

_TABLE: Mapping[Area, tuple[Right, Right, Right, Right]] = {
    #                reader  support  manager  owner
    Area.ORDERS: (_V, _C, _C, _C),  # cancellations and refunds included
    Area.MONEY: (_V, _V, _V, _C),  # payments and disputes
    Area.CATALOG: (_V, _V, _C, _C),
    Area.TERMS: (_V, _N, _C, _C),  # taxes, delivery, discounts
    Area.AGENTS: (_V, _N, _C, _C),  # who sells, and what they were told
    Area.KEYS: (_V, _N, _V, _C),  # keys of agents, secrets of their endpoints
    Area.SETTINGS: (_V, _N, _V, _C),
    Area.MEMBERS: (_N, _N, _V, _C),
    Area.OPERATIONS: (_N, _N, _N, _N),  # of the installation: for its operator alone
}


def right_of(role: str | None, area: Area) -> Right:
    """Return how far a role may go in an area; no role, no right."""
    if role is None:
        return Right.NONE
    return _TABLE[area][_COLUMNS.index(Role(role))]
