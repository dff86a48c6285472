"""What the shop's staff do with shipments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commerce.errors import NotFoundError
from commerce.fulfillment.dispatch import (
    ShipmentStateError,
    cancel_shipment,
    correct_tracking,
    create_shipment,
    move_shipment,
    next_statuses,
)
from commerce.fulfillment.models import Shipment
from commerce.fulfillment.selectors import order_details
from commerce.fulfillment.services import (
    NothingToShipError,
    Parcel,
    Step,
    lines_of,
    record_step,
    take_back,
    unsent,
    with_buyer,
)
from commerce.orders.models import Order, OrderEvent
from commerce.outbox.models import OutboxEvent
from tests.orders.building import placed_order

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def create(order: Order, *quantities: int, status: str = "processing", key: str = "", **told: str) -> Shipment:
    lines = order.lines.order_by("position")
    wanted = {line.pk: count for line, count in zip(lines, quantities, strict=False) if count}
    return create_shipment(
        order.pk, Parcel(quantities=wanted, **told), Step(status, NOON), now=NOON, request_key=key
    )


def move(shipment: Shipment, status: str, minutes: int = 1) -> Shipment:
    moment = NOON + timedelta(minutes=minutes)
    return move_shipment(shipment.pk, Step(status, moment), now=moment)


def left(order: Order) -> list[int]:
    waiting = unsent(order, order.lines.all())
    return [waiting.get(line.pk, 0) for line in order.lines.order_by("position")]


def log(order: Order) -> list[str]:
    return list(OrderEvent.objects.filter(order=order).order_by("sequence").values_list("kind", flat=True))


def test_a_part_is_packed_and_the_rest_waits() -> None:
    order = placed_order(3, 2)

    shipment = create(order, 2, 0, carrier="UPS", tracking_number="1Z 999")

    order.refresh_from_db()
    assert (shipment.status, shipment.carrier, shipment.tracking_number) == ("processing", "UPS", "1Z 999")
    assert shipment.tracking_url == "https://www.ups.com/track?tracknum=1Z%20999"
    assert (order.status, left(order)) == ("processing", [1, 2])
    assert log(order) == ["placed", "shipment_processing"]
    assert OutboxEvent.objects.filter(topic="order.updated", payload={"sequence": 2}).exists()


def test_handed_over_at_once_it_counts_as_sent() -> None:
    order = placed_order(3)

    create(order, 3, status="shipped")

    order.refresh_from_db()
    assert (order.status, order.lines.get().fulfilled) == ("shipped", 3)


@pytest.mark.parametrize("wanted", [3, 100])
def test_no_more_units_than_are_left(wanted: int) -> None:
    order = placed_order(3)
    create(order, 1)

    with pytest.raises(NothingToShipError):
        create(order, wanted)

    assert (order.shipments.count(), left(order)) == (1, [2])


def test_a_form_sent_twice_is_one_shipment() -> None:
    order = placed_order(3)

    one, other = create(order, 1, key="form"), create(order, 1, key="form")

    assert one.pk == other.pk
    assert (order.shipments.count(), left(order), len(log(order))) == (1, [2], 2)


def test_steps_lead_to_the_door() -> None:
    shipment = create(placed_order(1), 1)

    for minute, status in enumerate(("shipped", "in_transit", "out_for_delivery", "delivered"), start=1):
        move(shipment, status, minute)

    shipment.refresh_from_db()
    assert (shipment.status, shipment.delivered_at) == ("delivered", NOON + timedelta(minutes=4))
    assert Order.objects.get().status == "completed"
    assert next_statuses(shipment) == ("returned",)


@pytest.mark.parametrize(
    ("kind", "status", "offered"),
    [
        ("shipping", "processing", ("shipped", "in_transit", "out_for_delivery", "delivered")),
        ("shipping", "in_transit", ("out_for_delivery", "delivered", "failed", "returned")),
        ("shipping", "failed", ("in_transit", "out_for_delivery", "delivered", "returned")),
        ("pickup", "processing", ("ready_for_pickup", "delivered")),
        ("digital", "processing", ("delivered",)),
        ("shipping", "canceled", ()),
    ],
)
def test_only_what_can_come_next_is_offered(kind: str, status: str, offered: tuple[str, ...]) -> None:
    sent = None if status in ("processing", "canceled") else NOON

    assert next_statuses(Shipment(kind=kind, status=status, shipped_at=sent)) == offered


@pytest.mark.parametrize("status", ["shipped", "processing", "ready_for_pickup", "canceled", "nonsense"])
def test_what_cannot_be_is_refused(status: str) -> None:
    order = placed_order(1)
    shipment = create(order, 1, status="delivered")

    with pytest.raises(ShipmentStateError):
        move(shipment, status)

    assert log(order) == ["placed", "shipment_delivered"]


def test_a_wrong_number_is_put_right() -> None:
    order = placed_order(1)
    shipment = create(order, 1, status="shipped", carrier="UPS", tracking_number="1Z8")

    for _ in range(2):
        correct_tracking(shipment.pk, carrier="usps", tracking_number="9400", now=NOON)

    shipment.refresh_from_db()
    event = order.events.get(kind="shipment_tracking_corrected")
    assert shipment.tracking_url == "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400"
    assert (event.detail["tracking_number"], event.detail["before"]["tracking_number"]) == ("9400", "1Z8")
    assert len(log(order)) == 3


def test_an_unknown_carriers_page_is_what_is_typed() -> None:
    shipment = create(placed_order(1), 1, carrier="UPS", tracking_number="1Z8")

    correct_tracking(
        shipment.pk, carrier="Bike", tracking_number="7", tracking_url="https://bike.example/7", now=NOON
    )
    typed = Shipment.objects.get().tracking_url
    correct_tracking(shipment.pk, carrier="Bike", tracking_number="8", now=NOON)

    assert (typed, Shipment.objects.get().tracking_url) == ("https://bike.example/7", "")


def test_what_was_not_handed_over_is_unpacked() -> None:
    order = placed_order(2)
    shipment = record_step(order.pk, Parcel(reference="P1"), Step("processing", NOON), now=NOON)

    cancel_shipment(shipment.pk, note="Wrong box", now=NOON)

    order.refresh_from_db()
    assert (order.status, left(order)) == ("confirmed", [2])
    assert log(order)[-1] == "shipment_canceled"
    with pytest.raises(ShipmentStateError):
        cancel_shipment(shipment.pk, now=NOON)
    again = record_step(order.pk, Parcel(reference="P1"), Step("shipped", NOON), now=NOON)
    assert (again.pk == shipment.pk, again.status, left(order)) == (False, "shipped", [0])


@pytest.mark.parametrize("status", ["shipped", "delivered"])
def test_what_was_handed_over_is_not_canceled(status: str) -> None:
    shipment = create(placed_order(1), 1, status=status)

    with pytest.raises(ShipmentStateError):
        cancel_shipment(shipment.pk, now=NOON)

    assert Shipment.objects.get().status == status


def test_unknown_shipments_are_not_found() -> None:
    with pytest.raises(NotFoundError):
        cancel_shipment("ful_nothing", now=NOON)


def test_a_carrier_finds_the_parcel_that_the_staff_packed() -> None:
    order = placed_order(2)
    mine = create(order, 1, carrier="UPS", tracking_number="1Z 999")
    create(order, 1, carrier="UPS", tracking_number="1Z 888")

    told = Parcel(reference="UPS-7", tracking_number="1z999")
    for minute, status in enumerate(("shipped", "delivered")):
        record_step(order.pk, told, Step(status, NOON + timedelta(minutes=minute)), now=NOON)

    mine.refresh_from_db()
    assert (order.shipments.count(), mine.status, mine.reference) == (2, "delivered", "UPS-7")


def test_parcels_under_one_number_are_told_apart_by_their_names() -> None:
    order = placed_order(2)
    line = order.lines.get()

    for name in ("A", "B"):
        parcel = Parcel(reference=name, tracking_number="1Z", quantities={line.pk: 1})
        record_step(order.pk, parcel, Step("shipped", NOON), now=NOON)

    assert order.shipments.count() == 2


def test_units_that_came_back_are_neither_sent_nor_owed() -> None:
    order = placed_order(3)
    line = order.lines.get()
    first = create(order, 1, status="delivered")
    second = create(order, 1, status="delivered")
    assert with_buyer(order) == {line.pk: 2}

    take_back(order, lines_of(order), {line.pk: 1})

    parts = {one.pk: one.lines.get().returned for one in (first, second)}
    line.refresh_from_db()
    assert sum(parts.values()) == 1
    assert ((line.ordered, line.current, line.fulfilled), left(order)) == ((3, 2, 1), [1])
    assert with_buyer(order) == {line.pk: 1}
    assert [part.returned for one in order_details(order.pk).shipments for part in one.lines].count(1) == 1


def test_a_parcel_that_comes_back_later_counts_the_rest_only() -> None:
    order = placed_order(3)
    line = order.lines.get()
    shipment = create(order, 2, status="delivered")
    take_back(order, lines_of(order), {line.pk: 1})

    move(shipment, "returned")

    line.refresh_from_db()
    assert ((line.ordered, line.current, line.fulfilled), left(order)) == ((3, 1, 0), [1])
    assert order.adjustments.get().lines == [{"id": line.pk, "quantity": 1}]
