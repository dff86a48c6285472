from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum

from commerce.aftersales.giving_back import left_to_give_back
from commerce.aftersales.models import PENDING, Return, ReturnLine
from commerce.aftersales.shares import delivery_of
from commerce.fulfillment.services import arrivals, with_buyer
from commerce.orders.models import Order


@dataclass(frozen=True, slots=True)
class Returnable:
    """So many units of a line that the buyer has. `until` is the last day, None where its time did not begin."""

    line_id: str
    title: str
    quantity: int
    until: date | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class RefundProposal:
    """What to give back for a return, in minor units.

    `delivery_minor` is what is left of the delivery charge, taxes included; `is_whole` says whether the buyer has
    nothing more of the order. No more than `left_minor` can be given back at all.
    """

    items_minor: int
    delivery_minor: int
    left_minor: int
    is_whole: bool


def returnable_lines(order: Order, *, now: datetime) -> list[Returnable]:
    """Return what a buyer may ask to send back: what arrived, less what is promised to other returns.

    A line may be sent back for the merchant's number of days after its last parcel was delivered, days of the
    merchant's calendar. Where no delivery was told, that time has not begun. Downloads cannot be sent back.
    """
    lines = list(order.lines.filter(is_digital=False).order_by("position"))
    there, promised, arrived = with_buyer(order), _promised(order), arrivals(order)
    zone, days = ZoneInfo(order.merchant.time_zone), timedelta(days=order.merchant.return_days)
    today = now.astimezone(zone).date()
    found = []
    for line in lines:
        quantity = min(there.get(line.pk, 0), line.fulfilled) - promised.get(line.pk, 0)
        if quantity > 0:
            at = arrived.get(line.pk)
            until = at.astimezone(zone).date() + days if at else None
            is_late = not days or (until is not None and today > until)
            found.append(Returnable(line.pk, line.title, quantity, until, is_late))
    return found


def _promised(order: Order) -> dict[str, int]:
    pending = ReturnLine.objects.filter(of_return__order=order, of_return__status__in=PENDING)
    rows = pending.values("order_line_id").annotate(units=Sum("quantity"))
    return {row["order_line_id"]: row["units"] for row in rows}


def refund_proposal(returned: Return) -> RefundProposal:
    """Propose what to give back for a return that was received."""
    order = returned.order
    lines = list(order.lines.all())
    earlier = order.returns.aggregate(given=Sum("delivery_minor"))["given"] or 0
    return RefundProposal(
        items_minor=returned.items_minor or 0,
        delivery_minor=max(delivery_of(order, lines) - earlier, 0),
        left_minor=left_to_give_back(order),
        is_whole=all(line.current == 0 for line in lines),
    )
