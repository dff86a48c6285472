from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from commerce.fulfillment.models import SHIPMENT_TRANSITIONS, Shipment, ShipmentEvent
from commerce.fulfillment.services import NothingToShipError, Parcel, Step, record_step, unsent
from commerce.inventory.models import StockItem
from commerce.orders.models import Adjustment, Order, OrderEvent, OrderLine
from commerce.outbox.models import OutboxEvent
from tests.orders.building import placed_order

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def step(
    order: Order, status: str, minutes: int = 0, parcel: Parcel | None = None, *, is_restocked: bool = False
) -> Shipment:
    moment = NOON + timedelta(minutes=minutes)
    happened = Step(status, moment, is_restocked=is_restocked)
    return record_step(order.pk, parcel or Parcel(), happened, now=moment)


def quantities(order: Order) -> list[tuple[int, int, int]]:
    lines = OrderLine.objects.filter(order=order).order_by("position")
    return [(line.ordered, line.current, line.fulfilled) for line in lines]


def test_packing_sends_nothing_yet() -> None:
    order = placed_order(2, 1)

    shipment = step(order, "processing")

    order.refresh_from_db()
    assert (shipment.status, order.status) == ("processing", "processing")
    assert quantities(order) == [(2, 2, 0), (1, 1, 0)]
    assert sorted(line.quantity for line in shipment.lines.all()) == [1, 2]


def test_the_steps_of_one_parcel_find_it_again() -> None:
    order = placed_order(1)

    ids = {step(order, status, minute).pk for minute, status in enumerate(("processing", "shipped", "delivered"))}

    order.refresh_from_db()
    assert len(ids) == 1
    assert (order.status, quantities(order)) == ("completed", [(1, 1, 1)])


def test_several_parcels_are_told_apart_by_their_reference() -> None:
    order = placed_order(3)
    line = order.lines.get()

    step(order, "shipped", 0, Parcel(reference="A", quantities={line.pk: 1}))
    step(order, "shipped", 1, Parcel(reference="B"))
    step(order, "delivered", 2, Parcel(reference="B"))

    order.refresh_from_db()
    assert [
        (one.reference, one.status, one.lines.get().quantity) for one in order.shipments.order_by("reference")
    ] == [
        ("A", "shipped", 1),
        ("B", "delivered", 2),
    ]
    assert (order.status, quantities(order)) == ("shipped", [(3, 3, 3)])


@pytest.mark.parametrize("wanted", [0, 3, 100])
def test_no_more_is_sent_than_is_left(wanted: int) -> None:
    order = placed_order(2)
    line = order.lines.get()

    with pytest.raises(NothingToShipError):
        step(order, "shipped", parcel=Parcel(reference="A", quantities={line.pk: wanted}))

    assert (Shipment.objects.count(), quantities(order)) == (0, [(2, 2, 0)])


def test_nothing_is_left_to_send_twice() -> None:
    order = placed_order(2)
    step(order, "shipped", parcel=Parcel(reference="A"))

    with pytest.raises(NothingToShipError):
        step(order, "shipped", parcel=Parcel(reference="B"))


def test_what_arrives_twice_counts_once() -> None:
    order = placed_order(2)

    for _ in range(3):
        step(order, "shipped", parcel=Parcel(reference="A"))

    assert (ShipmentEvent.objects.count(), quantities(order)) == (1, [(2, 2, 2)])
    assert OrderEvent.objects.count() == 2


def test_what_arrives_late_is_kept_and_moves_nothing_back() -> None:
    order = placed_order(1)

    step(order, "delivered", 10)
    step(order, "shipped", 0)
    step(order, "out_for_delivery", 5)

    order.refresh_from_db()
    shipment = order.shipments.get()
    assert (shipment.status, order.status, quantities(order)) == ("delivered", "completed", [(1, 1, 1)])
    assert [one.kind for one in shipment.events.order_by("occurred_at")] == [
        "shipped",
        "out_for_delivery",
        "delivered",
    ]


A, B = Parcel(reference="A"), Parcel(reference="B")

STORIES: dict[str, tuple[list[tuple[str, Parcel]], tuple[str, tuple[int, int, int], int]]] = {
    "nothing arrived": ([("shipped", A), ("failed", A)], ("processing", (2, 2, 0), 0)),
    "it was never handed over": ([("failed", A)], ("processing", (2, 2, 0), 0)),
    "the carrier tries again": (
        [("shipped", A), ("failed", A), ("out_for_delivery", A)],
        ("shipped", (2, 2, 2), 0),
    ),
    "the carrier takes it back to the depot, and goes on": (
        [("shipped", A), ("out_for_delivery", A), ("failed", A), ("in_transit", A)],
        ("shipped", (2, 2, 2), 0),
    ),
    "it arrives after all": ([("shipped", A), ("failed", A), ("delivered", A)], ("completed", (2, 2, 2), 0)),
    "it fails again": (
        [("shipped", A), ("failed", A), ("out_for_delivery", A), ("failed", A)],
        ("processing", (2, 2, 0), 0),
    ),
    "it is brought back": ([("shipped", A), ("failed", A), ("returned", A)], ("canceled", (2, 0, 0), 1)),
    "it is sent again": ([("shipped", A), ("failed", A), ("shipped", B)], ("shipped", (2, 2, 2), 0)),
    "what is sent again is brought back, too": (
        [("shipped", A), ("failed", A), ("shipped", B), ("returned", A), ("returned", B)],
        ("canceled", (2, 0, 0), 1),
    ),
    "the first is brought back": (
        [("shipped", A), ("failed", A), ("shipped", B), ("delivered", B), ("returned", A)],
        ("completed", (2, 2, 2), 0),
    ),
    "both arrive": (
        [("shipped", A), ("failed", A), ("shipped", B), ("delivered", B), ("delivered", A)],
        ("completed", (2, 2, 2), 0),
    ),
    "of both one is brought back": (
        [("shipped", A), ("failed", A), ("delivered", B), ("delivered", A), ("returned", B)],
        ("completed", (2, 2, 2), 0),
    ),
    "what never left is put back": ([("processing", A), ("returned", A)], ("confirmed", (2, 2, 0), 0)),
}


@pytest.mark.parametrize("name", list(STORIES))
def test_what_fails_is_not_sent_and_what_is_owed_stays_true(name: str) -> None:
    steps, expected = STORIES[name]
    order = placed_order(2)

    for minute, (status, parcel) in enumerate(steps):
        step(order, status, minute, parcel)

    order.refresh_from_db()
    assert (order.status, *quantities(order), Adjustment.objects.count()) == expected


@pytest.mark.parametrize(
    "steps",
    [
        ("shipped", "failed"),
        ("out_for_delivery", "failed"),
        ("failed", "out_for_delivery"),
        ("failed", "in_transit"),
        ("shipped", "failed", "in_transit"),
        ("in_transit", "failed", "in_transit", "delivered"),
        ("shipped", "failed", "delivered"),
        ("shipped", "failed", "returned"),
        ("failed", "out_for_delivery", "failed"),
    ],
)
def test_in_whatever_order_it_is_told_it_ends_the_same(steps: tuple[str, ...]) -> None:
    ends = set()
    for told in permutations(enumerate(steps)):
        order = placed_order(2)
        for minute, status in told:
            step(order, status, minute)
        order.refresh_from_db()
        shipment = order.shipments.get()
        back = order.adjustments.count()
        ends.add((order.status, *quantities(order), shipment.status, shipment.shipped_at is None, back))

    assert len(ends) == 1
    assert steps[-1] in next(iter(ends))


def test_what_never_left_goes_on_no_shelf_twice() -> None:
    order = placed_order(2)
    step(order, "ready_for_pickup", 0)

    step(order, "returned", 1, is_restocked=True)

    assert StockItem.objects.get().on_hand == 100
    assert unsent(order, order.lines.all()) == {order.lines.get().pk: 2}


def test_a_return_takes_units_off_the_order_and_puts_them_back_on_sale_where_told() -> None:
    order = placed_order(2, 1)
    variants = [line.variant_id for line in order.lines.order_by("position")]

    step(order, "shipped", 0)
    step(order, "returned", 1, is_restocked=True)

    order.refresh_from_db()
    assert (order.status, quantities(order)) == ("canceled", [(2, 0, 0), (1, 0, 0)])
    assert [StockItem.objects.get(pk=one).on_hand for one in variants] == [102, 101]
    adjustment = Adjustment.objects.get()
    assert (adjustment.kind, sorted(line["quantity"] for line in adjustment.lines)) == ("return", [1, 2])


def test_a_return_without_restocking_leaves_the_stock() -> None:
    order = placed_order(2)

    step(order, "shipped", 0)
    step(order, "returned", 1)

    assert StockItem.objects.get().on_hand == 100


def test_units_of_a_failed_parcel_can_be_sent_again() -> None:
    order = placed_order(1)
    step(order, "failed", 0, Parcel(reference="A"))

    step(order, "shipped", 1, Parcel(reference="B"))
    step(order, "delivered", 2, Parcel(reference="B"))
    step(order, "delivered", 3, Parcel(reference="A"))

    assert quantities(order) == [(1, 1, 1)]


def test_what_is_sent_again_is_taken_off_hand() -> None:
    order = placed_order(2)
    line = order.lines.get()
    stock = []

    for minute, (status, parcel) in enumerate(
        (
            ("shipped", Parcel(reference="A", quantities={line.pk: 1})),
            ("failed", A),
            ("shipped", Parcel(reference="B", quantities={line.pk: 1})),
            ("processing", Parcel(reference="C")),
            ("shipped", Parcel(reference="C")),
            ("delivered", Parcel(reference="C")),
            ("returned", A),
        )
    ):
        step(order, status, minute, parcel, is_restocked=True)
        stock.append(StockItem.objects.get().on_hand)

    # The second of two units lay in the shop when B was sent; only C is one more.
    assert stock == [100, 100, 100, 100, 99, 99, 100]
    assert quantities(order) == [(2, 2, 2)]


@pytest.mark.parametrize(
    ("stock", "left"),
    [
        ({"on_hand": 3, "reserved": 2}, 2),
        ({"on_hand": 1, "allow_backorder": True}, -1),
        ({"on_hand": 5, "is_tracked": False}, 5),
    ],
)
def test_what_is_held_for_others_is_not_taken(stock: dict[str, int], left: int) -> None:
    order = placed_order(2)
    StockItem.objects.update(**stock)

    for minute, (status, parcel) in enumerate((("shipped", A), ("failed", A), ("shipped", B))):
        step(order, status, minute, parcel)

    assert StockItem.objects.get().on_hand == left


def test_later_messages_complete_what_is_known() -> None:
    order = placed_order(1)

    step(order, "processing", 0, Parcel(carrier="USPS"))
    step(order, "shipped", 1, Parcel(tracking_number="9400", tracking_url="https://t.example/9400"))

    shipment = order.shipments.get()
    assert (shipment.carrier, shipment.tracking_number) == ("USPS", "9400")
    assert shipment.shipped_at == NOON + timedelta(minutes=1)


def test_each_change_is_logged_numbered_and_told() -> None:
    order = placed_order(1)

    step(order, "shipped", 0)
    step(order, "delivered", 1)

    order.refresh_from_db()
    assert list(OrderEvent.objects.order_by("sequence").values_list("sequence", "kind")) == [
        (1, "placed"),
        (2, "shipment_shipped"),
        (3, "shipment_delivered"),
    ]
    assert order.sequence == 3
    told = OutboxEvent.objects.filter(topic="order.updated", subscriber__endswith="announce_order").order_by("pk")
    assert [event.payload["sequence"] for event in told] == [2, 3]


def test_every_pair_of_statuses_is_decided() -> None:
    statuses = set(Shipment.Status.values)

    assert set(SHIPMENT_TRANSITIONS.moves) == statuses
    for old in statuses:
        for new in statuses:
            assert SHIPMENT_TRANSITIONS.allows(old, new) is (old == new or new in SHIPMENT_TRANSITIONS.moves[old])
    assert SHIPMENT_TRANSITIONS.terminal == {"returned", "canceled"}
    assert not SHIPMENT_TRANSITIONS.allows("delivered", "shipped")
