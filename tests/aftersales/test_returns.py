"""Units that a buyer sends back, until they are in the shop again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from commerce.accounts.models import Merchant
from commerce.aftersales.models import RETURN_TRANSITIONS, Return
from commerce.aftersales.returns import (
    NothingToReturnError,
    Received,
    ReturnStateError,
    ReturnWindowError,
    UnknownReasonError,
    approve_return,
    cancel_return,
    close_return,
    decline_return,
    receive_return,
    request_return,
)
from commerce.aftersales.selectors import returnable_lines
from commerce.aftersales.services import cancel_order
from commerce.errors import NotFoundError
from commerce.fulfillment.selectors import order_details
from commerce.fulfillment.services import Parcel, Step, record_step, unsent
from commerce.inventory.models import StockItem
from commerce.orders.models import Adjustment, Order
from commerce.outbox.models import OutboxEvent
from tests.orders.building import placed_order

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 20, tzinfo=UTC)
"""Noon at the merchant's, in Los Angeles."""


@pytest.fixture
def order() -> Order:
    """Three totes and two caps; two totes and both caps delivered, a tote not sent yet."""
    order = placed_order(3, 2)
    tote, cap = order.lines.order_by("position")
    parcel = Parcel("P1", quantities={tote.pk: 2, cap.pk: 2})
    record_step(order.pk, parcel, Step("delivered", NOON), now=NOON)
    return order


def lines(order: Order) -> list[str]:
    return list(order.lines.order_by("position").values_list("pk", flat=True))


def ask(order: Order, totes: int = 1, caps: int = 0, *, days: float = 1, **told: str) -> Return:
    wanted = dict(zip(lines(order), (totes, caps), strict=True))
    now = NOON + timedelta(days=days)
    return request_return(order.pk, wanted, **{"reason": "too_small", **told}, now=now)


def offered(order: Order, *, days: float = 1) -> list[int]:
    found = {one.line_id: one.quantity for one in returnable_lines(order, now=NOON + timedelta(days=days))}
    return [found.get(line, 0) for line in lines(order)]


def quantities(order: Order) -> list[tuple[int, int, int]]:
    return [(one.ordered, one.current, one.fulfilled) for one in order.lines.order_by("position")]


def told(order: Order) -> tuple[str, str, str]:
    one = order.adjustments.get()
    return one.status, one.reason, one.description


def log(order: Order) -> list[str]:
    return list(order.events.order_by("sequence").values_list("kind", flat=True))[2:]


def test_a_wish_is_told_and_promises_its_units(order: Order) -> None:
    made = ask(order, 2, 1, note="They pinch")

    assert (made.status, made.note, made.requested_at) == ("requested", "They pinch", NOON + timedelta(days=1))
    assert told(order) == ("pending", "too_small", "Asked for; the shop decides")
    assert {one["id"]: one["quantity"] for one in order.adjustments.get().lines} == dict(
        zip(lines(order), (2, 1), strict=True)
    )
    assert (log(order), offered(order)) == (["return_requested"], [0, 1])
    assert OutboxEvent.objects.filter(topic="order.updated", payload={"sequence": 3}).exists()
    assert quantities(order) == [(3, 3, 2), (2, 2, 2)]


@pytest.mark.parametrize(("totes", "caps"), [(3, 0), (0, 3), (0, 0), (-1, 0)])
def test_only_what_the_buyer_has_can_come_back(order: Order, totes: int, caps: int) -> None:
    with pytest.raises(NothingToReturnError):
        ask(order, totes, caps)

    assert (Return.objects.count(), Adjustment.objects.count(), log(order)) == (0, 0, [])


def test_units_are_not_promised_twice(order: Order) -> None:
    ask(order, 2)

    with pytest.raises(NothingToReturnError):
        ask(order, 1)


def test_the_same_wish_twice_is_one(order: Order) -> None:
    one, other = ask(order, request_key="form"), ask(order, request_key="form")

    assert (one.pk, Return.objects.count()) == (other.pk, 1)


def test_other_lines_and_other_reasons_are_refused(order: Order) -> None:
    with pytest.raises(NothingToReturnError):
        request_return(order.pk, {lines(placed_order(1))[0]: 1}, reason="other", now=NOON)
    with pytest.raises(UnknownReasonError):
        ask(order, reason="because")
    with pytest.raises(NotFoundError):
        approve_return("ret_nothing", now=NOON)


def test_downloads_and_what_is_on_its_way_back_stay() -> None:
    order = placed_order(1, is_digital=True)
    record_step(order.pk, Parcel("digital"), Step("delivered", NOON), kind="digital", now=NOON)
    assert returnable_lines(order, now=NOON) == []

    other = placed_order(1)
    record_step(other.pk, Parcel(), Step("shipped", NOON), now=NOON)
    record_step(other.pk, Parcel(), Step("failed", NOON), now=NOON)
    assert returnable_lines(other, now=NOON) == []


@pytest.mark.parametrize(("days", "is_late"), [(30.49, False), (30.51, True)])
def test_the_last_day_is_the_merchants(order: Order, days: float, is_late: bool) -> None:
    shown = returnable_lines(order, now=NOON + timedelta(days=days))

    assert [(one.until, one.is_late) for one in shown] == [(date(2026, 12, 24), is_late)] * 2
    if is_late:
        with pytest.raises(ReturnWindowError, match=r"until December 24, 2026"):
            ask(order, days=days)
    else:
        ask(order, days=days)


def test_the_staff_may_make_an_exception(order: Order) -> None:
    made = ask(order, days=90, exception_note="A good customer")

    assert (made.exception_note, made.status) == ("A good customer", "requested")
    assert "good customer" not in str(order_details(order.pk))


def test_a_shop_that_takes_nothing_back(order: Order) -> None:
    Merchant.objects.update(return_days=0)

    with pytest.raises(ReturnWindowError):
        ask(Order.objects.get())


def test_time_begins_with_the_last_parcel(order: Order) -> None:
    tote = lines(order)[0]
    record_step(order.pk, Parcel("P2", quantities={tote: 1}), Step("shipped", NOON), now=NOON)
    on_its_way = returnable_lines(order, now=NOON)[0]
    record_step(order.pk, Parcel("P2"), Step("delivered", NOON + timedelta(days=9)), now=NOON)

    assert (on_its_way.quantity, on_its_way.until) == (3, None)
    assert returnable_lines(order, now=NOON)[0].until == date(2027, 1, 2)


def test_approval_tells_how_to_send_it(order: Order) -> None:
    approve_return(ask(order).pk, answer="To 9 Pier, with the order's number", now=NOON)

    assert told(order) == (
        "pending",
        "too_small",
        "Approved; the items can be sent back: To 9 Pier, with the order's number",
    )
    assert log(order) == ["return_requested", "return_approved"]


def test_a_refusal_frees_the_units(order: Order) -> None:
    declined = decline_return(ask(order).pk, answer="It was worn", now=NOON)

    assert (declined.status, told(order)) == ("declined", ("failed", "too_small", "Declined: It was worn"))
    assert offered(order) == [2, 2]


def test_a_change_of_mind_frees_the_units(order: Order) -> None:
    made = ask(order)
    approve_return(made.pk, now=NOON)

    cancel_return(made.pk, now=NOON)

    assert (told(order)[0], offered(order), log(order)[-1]) == ("failed", [2, 2], "return_canceled")


def test_what_arrives_leaves_the_order_and_goes_on_sale_where_told(order: Order) -> None:
    tote, cap = lines(order)
    made = ask(order, 2, 1)
    approve_return(made.pk, now=NOON)

    got = receive_return(
        made.pk, {tote: Received(2, "as_new", is_restocked=True), cap: Received(1, "damaged")}, now=NOON
    )

    order.refresh_from_db()
    stock = [StockItem.objects.get(pk=one.variant_id).on_hand for one in order.lines.order_by("position")]
    assert (got.status, got.items_minor) == ("received", 3 * 2400)
    assert (quantities(order), stock) == ([(3, 1, 0), (2, 1, 1)], [102, 100])
    assert unsent(order, order.lines.all()) == {tote: 1}
    assert order.status == "processing"
    assert told(order) == ("completed", "too_small", "Received by the shop")
    assert [
        (one.received, one.condition, one.is_restocked) for one in got.lines.order_by("order_line__position")
    ] == [
        (2, "as_new", True),
        (1, "damaged", False),
    ]


def test_less_may_arrive_than_was_promised(order: Order) -> None:
    tote, cap = lines(order)
    made = ask(order, 2, 1)
    approve_return(made.pk, now=NOON)

    got = receive_return(made.pk, {tote: Received(1), cap: Received(0)}, now=NOON)

    assert (got.items_minor, quantities(order)) == (2400, [(3, 2, 1), (2, 2, 2)])
    assert order.adjustments.get().lines == [{"id": tote, "quantity": 1}]
    assert offered(order) == [1, 2]


@pytest.mark.parametrize("count", [0, 2])
def test_nothing_or_more_does_not_arrive(order: Order, count: int) -> None:
    tote, _ = lines(order)
    made = ask(order, 1)
    approve_return(made.pk, now=NOON)

    with pytest.raises(NothingToReturnError):
        receive_return(made.pk, {tote: Received(count)}, now=NOON)

    assert (Return.objects.get().status, quantities(order)[0]) == ("approved", (3, 3, 2))


def test_what_its_carrier_brought_back_does_not_arrive_again(order: Order) -> None:
    tote, _ = lines(order)
    made = ask(order, 1)
    approve_return(made.pk, now=NOON)
    record_step(order.pk, Parcel("P1"), Step("returned", NOON), now=NOON)

    with pytest.raises(NothingToReturnError, match="came back with its carrier"):
        receive_return(made.pk, {tote: Received(1)}, now=NOON)


def test_what_was_canceled_meanwhile_does_not_arrive_again() -> None:
    order = placed_order(1, 1)
    tote, _ = lines(order)
    record_step(order.pk, Parcel("P1"), Step("shipped", NOON), now=NOON)
    made = ask(order)
    approve_return(made.pk, now=NOON)
    record_step(order.pk, Parcel("P1"), Step("failed", NOON), now=NOON)
    cancel_order(order.pk, quantities={tote: 1}, now=NOON)
    record_step(order.pk, Parcel("P1"), Step("delivered", NOON), now=NOON)

    with pytest.raises(NothingToReturnError, match=r"0 of line .* or was canceled"):
        receive_return(made.pk, {tote: Received(1)}, now=NOON)

    assert (offered(order), quantities(order)) == ([0, 1], [(1, 0, 0), (1, 1, 1)])


def test_what_was_sent_again_can_be_sent_back() -> None:
    order = placed_order(1)
    for name, status in (("A", "shipped"), ("A", "failed"), ("B", "delivered"), ("A", "returned")):
        record_step(order.pk, Parcel(name), Step(status, NOON), now=NOON)

    assert [one.quantity for one in returnable_lines(order, now=NOON)] == [1]


def test_an_order_that_came_back_whole_is_not_canceled() -> None:
    order = placed_order(1)
    record_step(order.pk, Parcel(), Step("delivered", NOON), now=NOON)
    made = request_return(order.pk, {lines(order)[0]: 1}, reason="damaged", now=NOON)
    approve_return(made.pk, now=NOON)

    receive_return(made.pk, {lines(order)[0]: Received(1)}, now=NOON)

    order.refresh_from_db()
    assert (order.status, quantities(order)) == ("completed", [(1, 0, 0)])


def test_each_step_is_taken_once(order: Order) -> None:
    made = ask(order)
    with pytest.raises(ReturnStateError):
        receive_return(made.pk, {}, now=NOON)
    approve_return(made.pk, now=NOON)
    with pytest.raises(ReturnStateError):
        approve_return(made.pk, now=NOON)
    receive_return(made.pk, {lines(order)[0]: Received(1)}, now=NOON)
    for late in (cancel_return, decline_return):
        with pytest.raises(ReturnStateError):
            late(made.pk, now=NOON)
    close_return(made.pk, answer="Worn", now=NOON)
    with pytest.raises(ReturnStateError):
        close_return(made.pk, now=NOON)

    assert log(order) == ["return_requested", "return_approved", "return_received", "return_closed"]
    assert told(order)[2] == "Received; nothing is given back: Worn"


def test_every_pair_of_statuses_is_decided() -> None:
    assert set(RETURN_TRANSITIONS.moves) == set(Return.Status.values)
    assert RETURN_TRANSITIONS.terminal == {"declined", "canceled", "closed"}
    assert RETURN_TRANSITIONS.sources("received") == ["approved", "refunded"]
