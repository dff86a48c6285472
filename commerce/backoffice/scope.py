"""Which shop a request is about, and what of it the person asking may see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from commerce.accounts.models import Merchant
from commerce.accounts.selectors import is_operator, memberships_of
from commerce.backoffice.rights import Area, Right, right_of

Row = TypeVar("Row", bound=Model)

OPERATOR_ONLY: Final = "(operator only)"
"""In place of a way to the merchant: rows of the installation, which belong to no shop."""

SESSION_KEY: Final = "shop"
"""Where a session keeps the shop that was chosen last."""

MAX_CHOICES: Final = 100
"""How many shops the operator is offered to switch to; any other is found in the list of shops."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The shop at hand and the role in it. Without a shop the operator sees all of them, anybody else nothing."""

    merchant: Merchant | None
    role: str | None
    is_operator: bool
    choices: tuple[Merchant, ...]

    def may(self, area: Area, right: Right) -> bool:
        """Say whether the person may go as far as `right` in an area of the shop."""
        if self.is_operator:
            return True
        return self.merchant is not None and right_of(self.role, area) >= right

    def rows(self, queryset: QuerySet[Row], path: str) -> QuerySet[Row]:
        """Return those rows whose merchant, found along `path`, is the one at hand."""
        if path == OPERATOR_ONLY:
            return queryset if self.is_operator else queryset.none()
        if self.merchant is not None:
            return queryset.filter(**{path: self.merchant.pk})
        return queryset if self.is_operator else queryset.none()

    def owns(self, row: Model, path: str) -> bool:
        """Say whether a row in memory, saved or not, is one that `rows` would return."""
        if path == OPERATOR_ONLY or self.merchant is None:
            return self.is_operator
        return merchant_id_of(row, path) == self.merchant.pk


def merchant_id_of(row: Model, path: str) -> str | None:
    """Return the id of the merchant that a row belongs to, found along `path`."""
    *steps, last = path.split("__")
    holder: Any = reduce(getattr, steps, row)
    found: str | None = holder.pk if last == "pk" else getattr(holder, f"{last}_id")
    return found


def scope_of(request: HttpRequest) -> Scope:
    """Return the scope of a request. It is found once and kept with the request."""
    scope = getattr(request, "_scope", None)
    if not isinstance(scope, Scope):
        scope = _operators(request) if is_operator(request.user) else _members(request)
        request._scope = scope  # type: ignore[attr-defined]
    return scope


def choose_shop(request: HttpRequest, merchant_id: str) -> bool:
    """Make a shop the one at hand for this session; "" is all of them. False where it is not to be had."""
    scope = scope_of(request)
    if not merchant_id:
        request.session.pop(SESSION_KEY, None)
        return scope.is_operator
    is_there = (
        Merchant.objects.filter(pk=merchant_id).exists()
        if scope.is_operator
        else any(one.pk == merchant_id for one in scope.choices)
    )
    if is_there:
        request.session[SESSION_KEY] = merchant_id
        request.session.cycle_key()  # what the session may do has changed
    return is_there


def _operators(request: HttpRequest) -> Scope:
    chosen = _chosen(request)
    merchant = Merchant.objects.filter(pk=chosen).first() if chosen else None
    offered = tuple(Merchant.objects.order_by("name", "pk")[:MAX_CHOICES])
    if merchant is not None and merchant not in offered:
        offered = (merchant, *offered)
    return Scope(merchant=merchant, role=None, is_operator=True, choices=offered)


def _members(request: HttpRequest) -> Scope:
    memberships = list(memberships_of(request.user))
    chosen = _chosen(request)
    at_hand = next((one for one in memberships if one.merchant_id == chosen), None)
    if at_hand is None and memberships:
        at_hand = memberships[0]
    return Scope(
        merchant=at_hand.merchant if at_hand else None,
        role=at_hand.role if at_hand else None,
        is_operator=False,
        choices=tuple(one.merchant for one in memberships),
    )


def _chosen(request: HttpRequest) -> str:
    return str(request.session.get(SESSION_KEY, ""))
