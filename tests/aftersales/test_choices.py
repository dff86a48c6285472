"""What is said to be possible is what the services let happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from commerce.accounts.models import Merchant
from commerce.aftersales.choices import LineChoices, line_choices
from commerce.aftersales.returns import (
    Received,
    approve_return,
    cancel_return,
    receive_return,
    request_return,
)
from commerce.aftersales.selectors import returnable_lines
from commerce.aftersales.services import cancel_order
from commerce.fulfillment.selectors import order_details
from commerce.fulfillment.services import Parcel, Step, on_shelf, record_step
from commerce.orders.models import Order
from tests.orders.building import placed_order

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=3)

Happening = Callable[[Order, list[str]], None]


def sent(order: Order, quantities: dict[str, int] | None = None, *, reference: str = "p1") -> None:
    record_step(order.pk, Parcel(reference, quantities=quantities), Step("shipped", NOON), now=NOON)


def told(order: Order, status: str, *, reference: str = "p1", at: datetime = LATER) -> None:
    record_step(order.pk, Parcel(reference), Step(status, at), now=at)


def choices(order: Order, *, now: datetime = LATER) -> list[LineChoices]:
    """Return what is said to be possible, held against what the services would say."""
    order.refresh_from_db()
    merchant = Merchant.objects.get(pk=order.merchant_id)
    zone = ZoneInfo(merchant.time_zone)
    found = line_choices(order_details(order.pk), return_days=merchant.return_days, zone=zone, now=now)
    offered = {one.line_id: one for one in returnable_lines(order, now=now)}
    in_time = {line_id: one.quantity for line_id, one in offered.items() if not one.is_late}
    assert {one.line_id: one.cancelable for one in found if one.cancelable} == on_shelf(order, order.lines.all())
    assert {one.line_id: one.returnable for one in found if one.returnable} == in_time
    for one in found:
        assert (one.cancel_obstacle is None) == (one.cancelable > 0)
        assert (one.return_obstacle is None) == (one.returnable > 0)
        if one.returnable:
            assert one.return_until == offered[one.line_id].until
    return list(found)


def codes(found: list[LineChoices]) -> list[tuple[int | str, int | str]]:
    """Return for each line how many can be canceled and sent back, or why not."""
    return [
        (
            one.cancelable if one.cancel_obstacle is None else one.cancel_obstacle.code,
            one.returnable if one.return_obstacle is None else one.return_obstacle.code,
        )
        for one in found
    ]


def asked(order: Order, line_id: str) -> str:
    return request_return(order.pk, {line_id: 1}, reason="damaged", now=LATER).pk


def a_part_sent(order: Order, lines: list[str]) -> None:
    sent(order, {lines[0]: 1})


def all_sent(order: Order, _: list[str]) -> None:
    sent(order)


def the_rest_sent(order: Order, _: list[str]) -> None:
    sent(order, reference="p2")


def step(status: str) -> Happening:
    return lambda order, _: told(order, status)


def canceled(order: Order, _: list[str]) -> None:
    cancel_order(order.pk, now=NOON)


def return_asked(order: Order, lines: list[str]) -> None:
    asked(order, lines[1])


def return_canceled(order: Order, lines: list[str]) -> None:
    cancel_return(asked(order, lines[1]), now=LATER)


def return_received(order: Order, lines: list[str]) -> None:
    return_id = asked(order, lines[0])
    approve_return(return_id, now=LATER)
    receive_return(return_id, {lines[0]: Received(1)}, now=LATER)


STORIES: dict[str, tuple[list[Happening], list[tuple[int | str, int | str]]]] = {
    "nothing happened": ([], [(2, "not_sent"), (1, "not_sent")]),
    "packed": ([step("processing")], [("sent", "being_sent"), ("sent", "being_sent")]),
    "a part is sent": ([a_part_sent], [(1, 1), (1, "not_sent")]),
    "all is sent": ([all_sent], [("sent", 2), ("sent", 1)]),
    "delivered": ([all_sent, step("delivered")], [("sent", 2), ("sent", 1)]),
    "one of two arrived": ([a_part_sent, the_rest_sent, step("delivered")], [("sent", 2), ("sent", 1)]),
    "not delivered": (
        [all_sent, step("failed")],
        [("not_delivered", "not_delivered"), ("not_delivered", "not_delivered")],
    ),
    "a part is not delivered": ([a_part_sent, step("failed")], [(1, "not_sent"), (1, "not_sent")]),
    "sent again": ([all_sent, step("failed"), the_rest_sent], [("sent", 2), ("sent", 1)]),
    "put back before it left": ([step("failed")], [(2, "not_sent"), (1, "not_sent")]),
    "brought back by the carrier": ([all_sent, step("returned")], [("gone", "gone"), ("gone", "gone")]),
    "canceled": ([canceled], [("gone", "gone"), ("gone", "gone")]),
    "a return is asked for": ([all_sent, return_asked], [("sent", 2), ("sent", "return_under_way")]),
    "a return is canceled": ([all_sent, return_canceled], [("sent", 2), ("sent", 1)]),
    "a return is received": ([all_sent, return_received], [("sent", 1), ("sent", 1)]),
}


@pytest.mark.parametrize("name", list(STORIES))
def test_says_what_the_services_say(name: str) -> None:
    story, expected = STORIES[name]
    order = placed_order(2, 1)
    lines = list(order.lines.order_by("position").values_list("pk", flat=True))

    for happening in story:
        happening(order, lines)

    assert codes(choices(order)) == expected


def test_after_the_last_day_it_is_too_late() -> None:
    order = placed_order(1)
    sent(order)
    told(order, "delivered", at=NOON)

    (in_time,) = choices(order, now=NOON + timedelta(days=30))
    (late,) = choices(order, now=NOON + timedelta(days=31))

    assert (in_time.returnable, str(in_time.return_until)) == (1, "2026-12-24")
    assert late.return_obstacle is not None
    assert (late.return_obstacle.code, late.return_obstacle.text) == (
        "too_late",
        "It could be sent back until 2026-12-24.",
    )


def test_a_shop_may_take_nothing_back() -> None:
    order = placed_order(1)
    Merchant.objects.filter(pk=order.merchant_id).update(return_days=0)
    sent(order)

    assert codes(choices(order)) == [("sent", "no_returns")]
