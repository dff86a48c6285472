"""What an agent asks of the orders it has placed. To it, orders of others do not exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db import transaction

from commerce.accounts.services import Caller
from commerce.aftersales.choices import LineChoices, line_choices
from commerce.aftersales.models import Return
from commerce.aftersales.returns import NothingToReturnError, ReturnWindowError, request_return
from commerce.aftersales.services import NothingToCancelError, cancel_order
from commerce.checkout.shop import Shop
from commerce.errors import CommerceError, NotFoundError
from commerce.fulfillment.records import OrderDetails
from commerce.fulfillment.selectors import agents_orders, order_details
from commerce.idempotency.services import Receipt, no_receipt
from commerce.orders.models import Order
from commerce.orders.services import lock_order
from commerce.statements import write

_SALT = "commerce.aftersales.requests"


class InvalidCursorError(CommerceError):
    """The cursor was changed, or belongs to another list."""

    code = "invalid_cursor"


class UnknownLineError(CommerceError):
    """The order has no such line."""

    code = "unknown_line"


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as it stands, and what may be asked of it now. `told` is what a change has just done."""

    details: OrderDetails
    choices: tuple[LineChoices, ...]
    told: str = ""


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """So many units of a line; all that can be had where no number is given."""

    line_id: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    orders: tuple[Standing, ...]
    next_cursor: str = ""


def own_order(order_id: str, *, shop: Shop, caller: Caller, now: datetime) -> Standing:
    """Return an order that the agent placed. Raises NotFoundError."""
    details = order_details(order_id)
    if details.order.agent_id != caller.agent_id:
        raise NotFoundError("There is no such order.")
    return _standing(details, shop, now)


def own_orders(
    *, shop: Shop, caller: Caller, now: datetime, limit: int, checkout_session_id: str = "", cursor: str = ""
) -> Page:
    """Return orders of the agent, newest first: all, or that of one session. Raises InvalidCursorError."""
    scope = [caller.agent_id, checkout_session_id]
    after = _read_cursor(cursor, scope) if cursor else None
    found = agents_orders(caller.agent_id, limit=limit + 1, checkout_session_id=checkout_session_id, after=after)
    following = ""
    if len(found) > limit:
        last = found[limit - 1].order
        following = signing.dumps([scope, last.placed_at.isoformat(), last.id], salt=_SALT, compress=True)
    return Page(tuple(_standing(details, shop, now) for details in found[:limit]), following)


@transaction.atomic
def cancel_own_order(
    order_id: str,
    *,
    shop: Shop,
    caller: Caller,
    now: datetime,
    wanted: Sequence[WantedUnits] | None = None,
    reason: str = "",
    receipt: Receipt[Standing] = no_receipt,
) -> Standing:
    """Cancel units that are not sent yet, all of them where none are named. `reason` is shown to buyer and shop.

    Raises NotFoundError, UnknownLineError, NothingToCancelError.
    """
    before = _held(order_id, shop, caller, now)
    quantities = _cancelable(wanted, before.choices)
    cancel_order(order_id, quantities=quantities, reason="requested_by_customer", note=reason, now=now)
    units = sum(quantities.values())
    told = f"{units} {'unit is' if units == 1 else 'units are'} canceled; what was paid for them is given back."
    return _answered(order_id, told, shop=shop, now=now, receipt=receipt)


@transaction.atomic
def return_own_order(
    order_id: str,
    *,
    shop: Shop,
    caller: Caller,
    now: datetime,
    reason: str,
    request_key: str,
    wanted: Sequence[WantedUnits] | None = None,
    comment: str = "",
    receipt: Receipt[Standing] = no_receipt,
) -> Standing:
    """Ask to send units back, all that can be where none are named. The shop decides.

    Raises NotFoundError, UnknownLineError, NothingToReturnError, ReturnWindowError, UnknownReasonError.
    """
    before = _held(order_id, shop, caller, now)
    if not Return.objects.filter(order_id=order_id, request_key=request_key).exists():
        quantities = _returnable(wanted, before.choices)
        request_return(order_id, quantities, reason=reason, note=comment, request_key=request_key, now=now)
    told = "The return is asked for. The shop decides, and tells the buyer by e-mail where to send it."
    return _answered(order_id, told, shop=shop, now=now, receipt=receipt)


def _standing(details: OrderDetails, shop: Shop, now: datetime, told: str = "") -> Standing:
    choices = line_choices(details, return_days=shop.return_days, zone=shop.zone, now=now)
    return Standing(details, choices, told)


def _held(order_id: str, shop: Shop, caller: Caller, now: datetime) -> Standing:
    """Hold an agent's order, and read it as it stands then."""
    if not Order.objects.filter(pk=order_id, agent_id=caller.agent_id).exists():
        raise NotFoundError("There is no such order.")
    lock_order(order_id)
    return _standing(order_details(order_id), shop, now)


def _answered(order_id: str, told: str, *, shop: Shop, now: datetime, receipt: Receipt[Standing]) -> Standing:
    """Keep the answer in the transaction of the change: whoever repeats the call after a crash changes nothing."""
    after = _standing(order_details(order_id), shop, now, told)
    if kept := receipt(after):
        write(*kept)
    return after


def _cancelable(wanted: Sequence[WantedUnits] | None, choices: Sequence[LineChoices]) -> dict[str, int]:
    """Return how many units of which lines to cancel. Raises NothingToCancelError, UnknownLineError."""
    if wanted is None:
        found = {line.line_id: line.cancelable for line in choices if line.cancelable}
        if not found:
            reasons = " ".join(dict.fromkeys(one.cancel_obstacle.text for one in choices if one.cancel_obstacle))
            raise NothingToCancelError(f"Nothing of this order can be canceled. {reasons}")
        return found
    quantities: dict[str, int] = {}
    for index, line, quantity in _named(wanted, choices):
        if line.cancel_obstacle:
            text = f"'{line.line_id}' cannot be canceled. {line.cancel_obstacle.text}"
            raise NothingToCancelError(text, target=("lines", index))
        whole = quantities.get(line.line_id, 0) + (line.cancelable if quantity is None else quantity)
        if whole > line.cancelable:
            text = f"Only {line.cancelable} of '{line.line_id}' can be canceled; the rest is sent or gone."
            raise NothingToCancelError(text, target=("lines", index, "quantity"))
        quantities[line.line_id] = whole
    return quantities


def _returnable(wanted: Sequence[WantedUnits] | None, choices: Sequence[LineChoices]) -> dict[str, int]:
    """Return how many units of which lines to send back. Raises NothingToReturnError and its like."""
    if wanted is None:
        found = {line.line_id: line.returnable for line in choices if line.returnable}
        if not found:
            reasons = " ".join(dict.fromkeys(one.return_obstacle.text for one in choices if one.return_obstacle))
            raise NothingToReturnError(f"Nothing of this order can be sent back. {reasons}")
        return found
    quantities: dict[str, int] = {}
    for index, line, quantity in _named(wanted, choices):
        if refused := line.return_obstacle:
            error = ReturnWindowError if refused.code == "too_late" else NothingToReturnError
            raise error(f"'{line.line_id}' cannot be sent back. {refused.text}", target=("lines", index))
        whole = quantities.get(line.line_id, 0) + (line.returnable if quantity is None else quantity)
        if whole > line.returnable:
            text = f"Only {line.returnable} of '{line.line_id}' can be sent back now."
            raise NothingToReturnError(text, target=("lines", index, "quantity"))
        quantities[line.line_id] = whole
    return quantities


def _named(
    wanted: Sequence[WantedUnits], choices: Sequence[LineChoices]
) -> list[tuple[int, LineChoices, int | None]]:
    by_id = {line.line_id: line for line in choices}
    for index, one in enumerate(wanted):
        if one.line_id not in by_id:
            known = ", ".join(f"'{line.line_id}' = {line.title}" for line in choices)
            text = f"This order has no line '{one.line_id[:60]}'. Its lines: {known}."
            raise UnknownLineError(text, target=("lines", index, "id"))
    return [(index, by_id[one.line_id], one.quantity) for index, one in enumerate(wanted)]


def _read_cursor(cursor: str, scope: list[str]) -> tuple[datetime, str]:
    try:
        told, placed_at, order_id = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature as problem:
        raise InvalidCursorError("The cursor is not one that was given out here.") from problem
    if told != scope:
        raise InvalidCursorError("The cursor belongs to another list of orders; ask without it.")
    return datetime.fromisoformat(placed_at), order_id
