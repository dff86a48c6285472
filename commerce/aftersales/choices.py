"""What may still be asked of an order, line by line, and where not, why and what else could be done. Pure.

Whoever cancels or sends back is judged again with the order held, by `on_shelf` and `returnable_lines`;
`tests/aftersales/test_choices.py` holds the two together. What a carrier could not deliver may arrive after all:
to cancel it, and have the money go back at once, is for the shop's staff alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from commerce.fulfillment.records import OrderDetails, ShipmentRecord
from commerce.orders.records import OrderLineRecord
from commerce.text import line as cleaned


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why none of a line can be canceled or sent back, and what else could be done."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class LineChoices:
    """How many units of a line can be canceled, and how many sent back until which day.

    An obstacle is there exactly where the number is 0. `return_until` is None where its time has not begun.
    """

    line_id: str
    title: str
    cancelable: int
    returnable: int
    return_until: date | None
    cancel_obstacle: Obstacle | None
    return_obstacle: Obstacle | None


def line_choices(
    details: OrderDetails, *, return_days: int, zone: ZoneInfo, now: datetime
) -> tuple[LineChoices, ...]:
    """Return what may be asked of each line of an order now. Days are those of the merchant's calendar."""
    units = (_Units(line, details) for line in details.order.lines)
    return tuple(_choices(one, return_days=return_days, zone=zone, now=now) for one in units)


class _Units:
    """Where the units of a line are."""

    def __init__(self, line: OrderLineRecord, details: OrderDetails) -> None:
        parts = [
            (shipment, part)
            for shipment in details.shipments
            for part in shipment.lines
            if part.line_id == line.id and shipment.status not in _UNDONE
        ]
        left = [(shipment, part) for shipment, part in parts if shipment.shipped_at is not None]
        self.line = line
        self.unsent = line.current - sum(part.quantity - part.returned for _, part in parts)
        self.undelivered = sum(
            part.quantity - part.returned
            for shipment in details.shipments
            for part in shipment.lines
            if part.line_id == line.id and shipment.status == "failed" and shipment.shipped_at is not None
        )
        self.there = min(sum(part.quantity - part.returned for _, part in left), line.fulfilled)
        self.promised = sum(
            int(str(told["quantity"]))
            for adjustment in details.order.adjustments
            if adjustment.kind == "return" and adjustment.status == "pending"
            for told in adjustment.lines
            if told["id"] == line.id
        )
        self.arrived = _last_arrival([shipment for shipment, _ in left])


_UNDONE = ("failed", "returned", "canceled")


def _last_arrival(shipments: list[ShipmentRecord]) -> datetime | None:
    """Return when the last parcel arrived, None where one is still on its way."""
    times = [shipment.delivered_at for shipment in shipments]
    return max((at for at in times if at), default=None) if all(times) else None


def _choices(units: _Units, *, return_days: int, zone: ZoneInfo, now: datetime) -> LineChoices:
    line = units.line
    until = None
    if units.arrived is not None and return_days:
        until = units.arrived.astimezone(zone).date() + timedelta(days=return_days)
    refused = _return_obstacle(units, return_days=return_days, until=until, today=now.astimezone(zone).date())
    cancelable = max(units.unsent - units.undelivered, 0)
    return LineChoices(
        line_id=line.id,
        title=cleaned(line.title, 120),
        cancelable=cancelable,
        returnable=0 if refused else units.there - units.promised,
        return_until=until if units.there > 0 else None,
        cancel_obstacle=None if cancelable else _cancel_obstacle(units, refused),
        return_obstacle=refused,
    )


def _return_obstacle(units: _Units, *, return_days: int, until: date | None, today: date) -> Obstacle | None:
    if units.line.is_digital:
        return Obstacle("digital", "A download cannot be sent back.")
    if not return_days:
        return Obstacle("no_returns", "This shop takes nothing back.")
    if units.line.current == 0:
        return Obstacle("gone", "All of it was canceled or sent back already.")
    if units.there <= 0 and units.unsent > units.undelivered:
        return Obstacle("not_sent", "It is not sent yet: cancel it instead.")
    if units.there <= 0 and units.unsent > 0:
        return _NOT_DELIVERED
    if units.there <= 0:
        return Obstacle("being_sent", "It is being packed: it can be sent back after it has left the shop.")
    if units.there <= units.promised:
        return Obstacle("return_under_way", "A return of it is under way already.")
    if until is not None and today > until:
        return Obstacle("too_late", f"It could be sent back until {until.isoformat()}.")
    return None


_NOT_DELIVERED = Obstacle("not_delivered", "Its carrier could not deliver it, and may yet: ask the shop.")


def _cancel_obstacle(units: _Units, refused: Obstacle | None) -> Obstacle:
    if units.line.current == 0:
        return Obstacle("gone", "All of it was canceled or sent back already.")
    if units.unsent > 0:
        return _NOT_DELIVERED
    instead = "ask for a return instead." if refused is None else refused.text
    return Obstacle("sent", f"It is in a shipment already: {instead}")
