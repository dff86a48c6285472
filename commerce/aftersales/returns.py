"""Units that come back: asked for, decided, received, refunded. Every function holds the order's row.

A return is shown on its order as one adjustment that follows it; each change is logged and told to the agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from commerce.aftersales.giving_back import give_back
from commerce.aftersales.models import RETURN_TRANSITIONS, Return, ReturnLine
from commerce.aftersales.selectors import Returnable, refund_proposal, returnable_lines
from commerce.aftersales.shares import share_of
from commerce.errors import CommerceError, NotFoundError
from commerce.fulfillment.services import lines_of, order_status, take_back, with_buyer
from commerce.ids import new_id
from commerce.inventory.services import restock
from commerce.orders.models import Adjustment, Order, OrderLine
from commerce.orders.services import lock_order, log_change
from commerce.payments.refunds import RefundTooLargeError

Status = Return.Status


class NothingToReturnError(CommerceError):
    """The buyer does not have so many units, or has promised them to another return."""

    code = "nothing_to_return"


class ReturnWindowError(CommerceError):
    """The time in which the shop takes things back is over."""

    code = "return_window_over"


class ReturnStateError(CommerceError):
    """The return is too far along, or not far enough, for what was asked."""

    code = "return_state"


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived of a line: how many, in which condition, and whether it goes back on sale."""

    quantity: int
    condition: str = ReturnLine.Condition.AS_NEW
    is_restocked: bool = False


@transaction.atomic
def request_return(
    order_id: str,
    quantities: Mapping[str, int],
    *,
    reason: str,
    now: datetime,
    note: str = "",
    exception_note: str = "",
    request_key: str = "",
) -> Return:
    """Ask to send units back: `quantities` by line id, `note` in the buyer's words.

    With an `exception_note` of the shop the time that is over does not matter. The same `request_key` is one
    return however often it is asked. Raises NothingToReturnError, ReturnWindowError, UnknownReasonError.
    """
    order = lock_order(order_id)
    if request_key and (known := order.returns.filter(request_key=request_key).first()):
        return known
    wanted = {line_id: count for line_id, count in quantities.items() if count}
    _require_reason(reason)
    _require_returnable(wanted, returnable_lines(order, now=now), is_exception=bool(exception_note))
    told = Adjustment.objects.create(
        id=new_id("adj"),
        order=order,
        kind=Adjustment.Kind.RETURN,
        status=Adjustment.Status.PENDING,
        lines=[{"id": line_id, "quantity": count} for line_id, count in sorted(wanted.items())],
        reason=reason,
        description=_WORDS[Status.REQUESTED],
        occurred_at=now,
    )
    made = Return.objects.create(
        order=order,
        adjustment=told,
        reason=reason,
        note=note[:255],
        exception_note=exception_note[:255],
        request_key=request_key,
        requested_at=now,
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(of_return=made, order_line_id=line_id, quantity=count)
        for line_id, count in sorted(wanted.items())
    )
    detail = {"return": made.pk, "lines": wanted, "reason": reason}
    log_change(order, kind="return_requested", now=now, detail=detail)
    return made


class UnknownReasonError(CommerceError):
    """The reason is none of the list."""

    code = "unknown_reason"


def _require_reason(reason: str) -> None:
    if reason not in Return.Reason.values:
        known = ", ".join(Return.Reason.values)
        raise UnknownReasonError(f"'{reason}' is none of the reasons: {known}.", target=("reason",))


def _require_returnable(wanted: Mapping[str, int], offered: list[Returnable], *, is_exception: bool) -> None:
    if not wanted:
        raise NothingToReturnError("Say which units are sent back.", target=("quantities",))
    by_line = {one.line_id: one for one in offered}
    for line_id, count in wanted.items():
        line = by_line.get(line_id)
        most = line.quantity if line else 0
        if line is None or not 0 < count <= most:
            raise NothingToReturnError(
                f"{most} of line {line_id} can be sent back.", target=("quantities", line_id)
            )
        if line.is_late and not is_exception:
            raise ReturnWindowError(_late(line), target=("quantities", line_id))


def _late(line: Returnable) -> str:
    if line.until is None:
        return "The shop takes nothing back."
    return f"{line.title} could be sent back until {line.until:%B} {line.until.day}, {line.until.year}."


@transaction.atomic
def approve_return(return_id: str, *, now: datetime, answer: str = "") -> Return:
    """Agree to a return. `answer` tells the buyer where and how to send it. Raises ReturnStateError."""
    order, returned = _locked(return_id, Status.APPROVED)
    returned.answer, returned.decided_at = answer, now
    return _become(order, returned, Status.APPROVED, now=now)


@transaction.atomic
def decline_return(return_id: str, *, now: datetime, answer: str = "") -> Return:
    """Refuse a return. `answer` tells the buyer why. Raises ReturnStateError."""
    order, returned = _locked(return_id, Status.DECLINED)
    returned.answer, returned.decided_at, returned.closed_at = answer, now, now
    return _become(order, returned, Status.DECLINED, now=now)


@transaction.atomic
def cancel_return(return_id: str, *, now: datetime) -> Return:
    """Note that nothing is sent back after all. Its units can be asked for again. Raises ReturnStateError."""
    order, returned = _locked(return_id, Status.CANCELED)
    returned.closed_at = now
    return _become(order, returned, Status.CANCELED, now=now)


@transaction.atomic
def receive_return(return_id: str, arrived: Mapping[str, Received], *, now: datetime) -> Return:
    """Take in what arrived of an approved return, by line id: off the order, and on sale again where that is said.

    What did not arrive stays with the buyer. Raises NothingToReturnError, ReturnStateError.
    """
    order, returned = _locked(return_id, Status.RECEIVED)
    lines = lines_of(order)
    counted = {line_id: one.quantity for line_id, one in arrived.items() if one.quantity}
    parts = {part.order_line_id: part for part in returned.lines.order_by("pk")}
    there = {line_id: min(count, lines[line_id].current) for line_id, count in with_buyer(order).items()}
    _require_there(counted, parts, there)
    amounts = {line_id: share_of([lines[line_id]], {line_id: count}) for line_id, count in counted.items()}
    for line_id, part in parts.items():
        _take_in(part, arrived.get(line_id, Received(0)), amounts.get(line_id, 0))
    take_back(order, lines, counted)
    restock(_on_sale_again(parts, lines))
    order.status = order_status(order, lines)
    returned.items_minor, returned.received_at = sum(amounts.values()), now
    told = [{"id": line_id, "quantity": count} for line_id, count in sorted(counted.items())]
    Adjustment.objects.filter(pk=returned.adjustment_id).update(lines=told)
    return _become(order, returned, Status.RECEIVED, now=now, lines=counted)


def _require_there(counted: Mapping[str, int], parts: Mapping[str, ReturnLine], there: Mapping[str, int]) -> None:
    if not counted:
        raise NothingToReturnError("Say what arrived; cancel the return where nothing does.", target=("arrived",))
    for line_id, count in counted.items():
        promised = parts[line_id].quantity if line_id in parts else 0
        most = min(promised, there.get(line_id, 0))
        if not 0 < count <= most:
            known = "" if most == promised else " The rest came back with its carrier, or was canceled."
            raise NothingToReturnError(f"{most} of line {line_id} can arrive.{known}", target=("arrived", line_id))


def _take_in(part: ReturnLine, told: Received, amount_minor: int) -> None:
    part.received, part.amount_minor = told.quantity, amount_minor
    part.condition = told.condition if told.quantity else ""
    part.is_restocked = told.is_restocked and told.quantity > 0
    part.save(update_fields=["received", "condition", "is_restocked", "amount_minor"])


def _on_sale_again(parts: Mapping[str, ReturnLine], lines: Mapping[str, OrderLine]) -> dict[str, int]:
    units: dict[str, int] = {}
    for line_id, part in parts.items():
        if part.is_restocked:
            variant_id = lines[line_id].variant_id
            units[variant_id] = units.get(variant_id, 0) + (part.received or 0)
    return units


@transaction.atomic
def refund_return(
    return_id: str,
    *,
    amount_minor: int,
    now: datetime,
    delivery_minor: int = 0,
    restocking_fee_minor: int = 0,
    note: str = "",
) -> Return:
    """Give money back for what was received: at most its share, plus delivery, less the restocking fee.

    `delivery_minor` is how much of the delivery charge goes back with it. Raises ReturnStateError,
    RefundTooLargeError, RefundFrozenError.
    """
    order, returned = _locked(return_id, Status.REFUNDED)
    proposal = refund_proposal(returned)
    if not 0 <= delivery_minor <= proposal.delivery_minor:
        raise RefundTooLargeError("So much is not left of the delivery charge.", target=("delivery_minor",))
    if not 0 <= restocking_fee_minor <= proposal.items_minor:
        raise RefundTooLargeError("The fee is above what came back has cost.", target=("restocking_fee_minor",))
    if not proposal.left_minor:
        raise RefundTooLargeError("Nothing is left to be given back.", target=("amount_minor",))
    most = min(proposal.items_minor + delivery_minor - restocking_fee_minor, proposal.left_minor)
    if not 0 < amount_minor <= most:
        raise RefundTooLargeError(f"From 1 to {most} can be given back.", target=("amount_minor",))
    # A refund that failed is another one than the next.
    key = f"{returned.pk}:{returned.refund_id or 'first'}"
    note = note or "For what was sent back"
    told = give_back(order, amount_minor, now=now, reason=returned.reason, note=note, request_key=key)
    returned.refund_id, returned.closed_at = told.reference, now
    returned.delivery_minor, returned.restocking_fee_minor = delivery_minor, restocking_fee_minor
    return _become(order, returned, Status.REFUNDED, now=now, amount_minor=amount_minor)


@transaction.atomic
def close_return(return_id: str, *, now: datetime, answer: str = "") -> Return:
    """End a return without giving money back. `answer` tells the buyer why. Raises ReturnStateError."""
    order, returned = _locked(return_id, Status.CLOSED)
    returned.answer, returned.closed_at = answer or returned.answer, now
    return _become(order, returned, Status.CLOSED, now=now)


def reopen_unrefunded(refund_id: str) -> None:
    """Make a return one that is to be refunded again, for its refund has failed. Needs the order's lock."""
    refunded = Return.objects.filter(refund_id=refund_id, status=Status.REFUNDED)
    for returned in refunded:
        Return.objects.filter(pk=returned.pk).update(status=Status.RECEIVED, closed_at=None, delivery_minor=0)
        Adjustment.objects.filter(pk=returned.adjustment_id).update(description=_WORDS[Status.RECEIVED])


def _locked(return_id: str, new: Return.Status) -> tuple[Order, Return]:
    """Hold the order of a return that may become `new`. Raises NotFoundError, ReturnStateError."""
    order_id = Return.objects.filter(pk=return_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFoundError("There is no such return.")
    order = lock_order(order_id)
    returned = Return.objects.get(pk=return_id)
    if returned.status == new or not RETURN_TRANSITIONS.allows(returned.status, new):
        raise ReturnStateError(f"This return is {returned.status} and cannot become {new}.")
    returned.order = order
    return order, returned


def _become(order: Order, returned: Return, status: Return.Status, *, now: datetime, **detail: Any) -> Return:
    """Store a return in its new state, show it on the order and log it."""
    returned.status = status
    returned.save(update_fields=_STORED)
    words = _WORDS[status]
    if returned.answer and status in _ANSWERED:
        words = f"{words}: {returned.answer}"
    Adjustment.objects.filter(pk=returned.adjustment_id).update(status=_SHOWN[status], description=words[:255])
    log_change(order, kind=f"return_{status}", now=now, detail={"return": returned.pk, **detail})
    return returned


_STORED = (
    "status",
    "answer",
    "items_minor",
    "delivery_minor",
    "restocking_fee_minor",
    "refund",
    "decided_at",
    "received_at",
    "closed_at",
)

_ANSWERED = (Status.APPROVED, Status.DECLINED, Status.CLOSED)

_WORDS: Mapping[Return.Status, str] = {
    Status.REQUESTED: "Asked for; the shop decides",
    Status.APPROVED: "Approved; the items can be sent back",
    Status.DECLINED: "Declined",
    Status.CANCELED: "Nothing is sent back after all",
    Status.RECEIVED: "Received by the shop",
    Status.REFUNDED: "Received and refunded",
    Status.CLOSED: "Received; nothing is given back",
}
"""What the buyer and the agent read of a return."""

_SHOWN: Mapping[Return.Status, Adjustment.Status] = {
    Status.REQUESTED: Adjustment.Status.PENDING,
    Status.APPROVED: Adjustment.Status.PENDING,
    Status.DECLINED: Adjustment.Status.FAILED,
    Status.CANCELED: Adjustment.Status.FAILED,
    Status.RECEIVED: Adjustment.Status.COMPLETED,
    Status.REFUNDED: Adjustment.Status.COMPLETED,
    Status.CLOSED: Adjustment.Status.COMPLETED,
}
