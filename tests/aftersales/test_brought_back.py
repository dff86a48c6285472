"""What a carrier brings back waits in the shop for its refund, and only what the buyer is without."""

from __future__ import annotations

import pytest
from django.utils import timezone

from commerce.aftersales.brought_back import note_brought_back
from commerce.aftersales.models import Return
from commerce.aftersales.returns import close_return, refund_return
from commerce.aftersales.selectors import refund_proposal
from commerce.aftersales.services import cancel_order, refund_order
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.inventory.models import StockItem
from tests.orders.building import placed_order
from tests.purchase import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


def carry(
    purchase: Purchase, *statuses: str, parcel: str = "P1", quantities: dict[str, int] | None = None
) -> None:
    now = timezone.now()
    for status in statuses:
        step = Step(status, now, is_restocked=status == "returned")
        record_step(purchase.order.pk, Parcel(parcel, quantities=quantities), step, now=now)


def test_it_waits_to_be_refunded(paid: Purchase) -> None:
    carry(paid, "shipped", "returned")
    paid.settle()

    made = Return.objects.get()
    proposal = refund_proposal(made)
    assert (made.status, made.reason, paid.given_back()) == ("received", "", 0)
    assert (made.items_minor, proposal.is_whole) == (sum(one.total_minor for one in paid.order.lines.all()), True)
    assert sorted((one.quantity, one.received, one.is_restocked) for one in made.lines.all()) == [
        (1, 1, True),
        (3, 3, True),
    ]
    assert StockItem.objects.get(pk=paid.tote.pk).on_hand == 10
    assert paid.acp.read(paid.session_id).body["order"]["adjustments"][0]["description"] == (
        "Brought back by its carrier"
    )


def test_it_is_refunded_as_any_return_is(paid: Purchase) -> None:
    carry(paid, "shipped", "failed", "returned")
    paid.settle()
    delivery = refund_proposal(Return.objects.get()).delivery_minor

    refund_return(
        Return.objects.get().pk,
        amount_minor=paid.order.total_minor,
        delivery_minor=delivery,
        now=timezone.now(),
    )
    paid.settle()

    told = paid.acp.read(paid.session_id).body["order"]["adjustments"]
    assert paid.given_back() == paid.order.total_minor
    assert [(one["type"], one["status"], one["description"]) for one in told] == [
        ("return", "completed", "Received and refunded"),
        ("refund", "completed", "For what was sent back"),
    ]


def test_it_can_be_closed(paid: Purchase) -> None:
    carry(paid, "delivered", "returned")
    paid.settle()

    close_return(Return.objects.get().pk, answer="It was refused", now=timezone.now())
    paid.settle()

    assert (Return.objects.get().status, paid.given_back()) == ("closed", 0)


def test_unit_by_unit_comes_to_the_whole_to_the_cent(paid: Purchase) -> None:
    tote = paid.line(paid.tote)
    carry(paid, "shipped", "returned", quantities={tote: 1})
    cancel_order(paid.order.pk, quantities={tote: 1}, now=timezone.now())
    carry(paid, "shipped", "returned", parcel="P2", quantities={tote: 1})
    paid.settle()

    brought_back = sum(one.items_minor or 0 for one in Return.objects.all())
    assert Return.objects.count() == 2
    assert brought_back + paid.given_back() == paid.order.lines.get(pk=tote).total_minor


def test_what_the_buyer_has_or_has_money_for_is_no_return(paid: Purchase) -> None:
    tote, cap = paid.line(paid.tote), paid.line(paid.cap)
    carry(paid, "shipped", "failed")
    cancel_order(paid.order.pk, quantities={cap: 1}, now=timezone.now())
    carry(paid, "shipped", parcel="P2", quantities={tote: 2})
    carry(paid, "returned")
    paid.settle()

    assert list(Return.objects.get().lines.values_list("order_line", "quantity")) == [(tote, 1)]


def test_told_twice_it_is_one(paid: Purchase) -> None:
    carry(paid, "shipped", "returned")
    paid.settle()
    made = Return.objects.get()
    gone = dict.fromkeys((paid.line(paid.tote), paid.line(paid.cap)), 0)

    again = note_brought_back(made.adjustment_id, gone=gone, is_restocked=True)

    assert (again and again.pk, Return.objects.count(), made.lines.count()) == (made.pk, 1, 2)


def test_where_nothing_is_left_to_give_nothing_waits(paid: Purchase) -> None:
    carry(paid, "shipped")
    refund_order(paid.order.pk, amount_minor=paid.order.total_minor, now=timezone.now())
    carry(paid, "returned")
    free = placed_order(1)
    for status in ("shipped", "returned"):
        record_step(free.pk, Parcel(), Step(status, timezone.now()), now=timezone.now())
    paid.settle()

    assert not Return.objects.exists()
