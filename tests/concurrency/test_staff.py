"""Two of the staff at one order, at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.utils import timezone

from commerce.aftersales.returns import Received, approve_return, receive_return, refund_return, request_return
from commerce.errors import CommerceError
from commerce.fulfillment.dispatch import cancel_shipment, create_shipment, move_shipment
from commerce.fulfillment.services import Parcel, Step, record_step, unsent
from tests.concurrency.racing import race
from tests.orders.building import placed_order
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def try_to(call: Callable[[], object]) -> bool:
    try:
        call()
    except CommerceError:
        return False
    return True


def ship(order_id: str, line_id: str, quantity: int, key: str = "") -> bool:
    now = timezone.now()
    parcel = Parcel(quantities={line_id: quantity})
    return try_to(partial(create_shipment, order_id, parcel, Step("shipped", now), now=now, request_key=key))


def test_no_unit_is_sent_twice() -> None:
    order = placed_order(10)
    line = order.lines.get()

    sent = race([partial(ship, order.pk, line.pk, 3)] * 8)

    line.refresh_from_db()
    assert (sent.count(True), order.shipments.count(), line.fulfilled) == (3, 3, 9)
    assert unsent(order, [line]) == {line.pk: 1}
    assert list(order.events.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3, 4]


def test_one_form_sent_by_many_fingers_is_one_shipment() -> None:
    order = placed_order(10)
    line = order.lines.get()

    race([partial(ship, order.pk, line.pk, 2, "form")] * 8)

    assert (order.shipments.count(), unsent(order, [line])) == (1, {line.pk: 8})


def test_a_shipment_is_handed_over_or_canceled() -> None:
    order = placed_order(2)
    now = timezone.now()
    shipment = create_shipment(order.pk, Parcel(), Step("processing", now), now=now)

    done = race(
        [
            partial(try_to, partial(move_shipment, shipment.pk, Step("shipped", now), now=now)),
            partial(try_to, partial(cancel_shipment, shipment.pk, now=now)),
        ]
    )

    shipment.refresh_from_db()
    assert sorted(done) == [False, True]
    assert shipment.status == ("shipped" if done[0] else "canceled")


def test_a_return_is_refunded_once_by_many(paid: Purchase) -> None:
    now = timezone.now()
    record_step(paid.order.pk, Parcel(), Step("delivered", now), now=now)
    tote = paid.line(paid.tote)
    made = request_return(paid.order.pk, {tote: 1}, reason="damaged", now=now)
    approve_return(made.pk, now=now)

    received = race([partial(try_to, partial(receive_return, made.pk, {tote: Received(1)}, now=now))] * 4)
    refunded = race([partial(try_to, partial(refund_return, made.pk, amount_minor=900, now=now))] * 4)
    paid.settle()

    assert (received.count(True), refunded.count(True), paid.given_back()) == (1, 1, 900)
    assert paid.order.lines.get(pk=tote).current == 2
