"""Which changes of an order a buyer hears of, once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.aftersales.returns import approve_return, decline_return, request_return
from commerce.aftersales.services import cancel_order
from commerce.emails.models import Email
from commerce.emails.planning import plan_email, send_again
from commerce.fulfillment.dispatch import correct_tracking
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order
from commerce.orders.services import lock_order, log_change
from tests.emails.post import plan_all
from tests.factories import AgentFactory, VariantFactory
from tests.orders.building import PLACED, order_record, place, placed_order

pytestmark = pytest.mark.django_db


def order(**changes: Any) -> Order:
    """Two totes, bought just now."""
    agent = AgentFactory.create()
    totes = (VariantFactory.create(merchant=agent.merchant), 2)
    return place(order_record(agent, totes, **{"placed_at": timezone.now(), **changes}))


def step(order: Order, *statuses: str, name: str = "P1", kind: str = "", **told: Any) -> str:
    for number, status in enumerate(statuses):
        at = timezone.now() + timedelta(seconds=number)
        shipment = record_step(order.pk, Parcel(name, **told), Step(status, at), kind=kind, now=timezone.now())
    return shipment.pk


def test_a_placed_order_gets_its_receipt_once() -> None:
    bought = order()

    assert plan_all(bought, times=3) == [("receipt", "")]
    assert Email.objects.get().recipient == bought.email


def test_a_parcel_is_told_of_when_it_leaves_and_when_it_is_there() -> None:
    bought = order()

    shipment = step(bought, "processing", "shipped", "in_transit", "out_for_delivery", "delivered")

    assert plan_all(bought)[1:] == [("shipped", shipment), ("delivered", shipment)]


def test_each_parcel_has_its_own() -> None:
    bought = order()
    line = bought.lines.get().pk
    first = step(bought, "in_transit", name="A", quantities={line: 1})
    second = step(bought, "delivered", name="B")

    assert plan_all(bought)[1:] == [("shipped", first), ("delivered", second)]


def test_a_pick_up_is_told_of_when_it_is_ready() -> None:
    bought = order()

    shipment = step(bought, "processing", "ready_for_pickup", "delivered", kind="pickup")

    assert plan_all(bought)[1:] == [("ready_for_pickup", shipment)]


def test_a_download_is_told_of() -> None:
    agent = AgentFactory.create()
    guide = (VariantFactory.create(merchant=agent.merchant, is_digital=True), 1)
    bought = place(order_record(agent, guide, placed_at=timezone.now()))

    shipment = step(bought, "delivered", name="digital", kind="digital")

    assert plan_all(bought)[1:] == [("delivered", shipment)]


def test_a_wrong_number_is_put_right_for_who_was_told_it() -> None:
    bought = order()
    shipment = step(bought, "processing", tracking_number="1")
    correct_tracking(shipment, carrier="", tracking_number="2", now=timezone.now())
    step(bought, "shipped")
    plan_all(bought)
    correct_tracking(shipment, carrier="", tracking_number="3", now=timezone.now())

    assert plan_all(bought, times=2)[1:] == [("shipped", shipment), ("shipped", f"{shipment}:5")]


def test_cancellations_and_returns() -> None:
    bought = order()
    line = bought.lines.get().pk
    step(bought, "delivered", quantities={line: 1})
    now = timezone.now()
    canceled = cancel_order(bought.pk, now=now)
    refused = request_return(bought.pk, {line: 1}, reason="other", now=now)
    decline_return(refused.pk, now=now)
    agreed = request_return(bought.pk, {line: 1}, reason="other", now=now)
    approve_return(agreed.pk, now=now)

    assert plan_all(bought)[2:] == [
        ("canceled", canceled.pk),
        ("return_declined", refused.pk),
        ("return_approved", agreed.pk),
    ]


@pytest.mark.parametrize("kind", ["refund_requested", "refund_failed", "return_received", "shipment_failed"])
def test_the_rest_is_not_worth_an_email(kind: str) -> None:
    bought = order()
    lock_and_log(bought, kind)

    assert plan_all(bought) == [("receipt", "")]


def lock_and_log(order: Order, kind: str) -> None:
    log_change(lock_order(order.pk), kind=kind, now=timezone.now(), detail={"refund": "ref_1"})


def test_a_merchant_switches_kinds_off() -> None:
    bought = order()
    Merchant.objects.update(emails_off=["receipt"])

    shipment = step(bought, "shipped")

    assert plan_all(bought) == [("shipped", shipment)]


def test_what_is_old_is_not_told_any_more() -> None:
    bought = placed_order()

    assert plan_email(bought.pk, sequence=1, now=PLACED + timedelta(days=3, minutes=1)) is None
    assert plan_email(bought.pk, sequence=1, now=PLACED + timedelta(days=2)) is not None


def test_only_what_is_over_is_sent_again() -> None:
    bought = order()
    plan_all(bought)
    now = timezone.now()

    assert send_again([Email.objects.get().pk], now=now) == 0
    Email.objects.update(status="failed", tries=9, error="x")
    assert send_again([Email.objects.get().pk], now=now) == 1
    one = Email.objects.get()
    assert (one.status, one.tries, one.error, one.due_at) == ("pending", 0, "", now)
