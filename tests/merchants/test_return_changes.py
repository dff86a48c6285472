"""Returns by hand, from the telephone call to the refund."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Merchant, StaffAction
from commerce.aftersales.models import Return
from commerce.aftersales.returns import request_return
from commerce.fulfillment.models import Shipment
from commerce.orders.models import Order
from tests.factories import MerchantFactory
from tests.merchants.order_work import address, ask, buy, deliver, lines, text_of
from tests.merchants.staff import member
from tests.purchase import Purchase


@pytest.fixture
def support(db: None) -> Client:
    return member(MerchantFactory.create(), "support", name="kim")


@pytest.fixture
def order(support: Client) -> Order:
    order = buy(Merchant.objects.get(), 2, 1)
    deliver(order)
    return order


@pytest.mark.django_db
def test_a_return_is_written_down_and_approved_at_once(support: Client, order: Order) -> None:
    tote, _ = lines(order)

    page = ask(support, order, "take_back", reason="too_large", answer="To 9 Pier", **{tote.pk: 1})

    made = Return.objects.get()
    assert "The buyer is told how to send it back." in page
    assert "Something is on its way back." in page
    assert (made.status, made.reason, made.answer) == ("approved", "too_large", "To 9 Pier")
    assert order.adjustments.get().description == "Approved; the items can be sent back: To 9 Pier"
    assert StaffAction.objects.get().what.startswith("Take units back: ")


@pytest.mark.django_db
def test_a_wish_can_wait_for_somebody_else(support: Client, order: Order) -> None:
    tote, _ = lines(order)
    where = address(order, "take_back")
    support.post(where, {"reason": "other", "key": "k", tote.pk: 1, lines(order)[1].pk: 0})

    made = Return.objects.get()
    assert made.status == "requested"
    assert "The buyer is told why." in ask(support, made, "decline", answer="Worn")
    assert "This return is declined." in text_of(support.get(address(made, "approve")))


@pytest.mark.django_db
def test_what_is_late_wants_an_exception(support: Client, order: Order) -> None:
    tote, cap = lines(order)
    past = timezone.now() - timedelta(days=40)
    Shipment.objects.update(delivered_at=past)
    assert "which is over" in text_of(support.get(address(order, "take_back")))

    refused = ask(support, order, "take_back", **{tote.pk: 1, cap.pk: 0})
    ask(support, order, "take_back", exception_note="Was ill", **{tote.pk: 1, cap.pk: 0})

    assert "could be sent back until" in refused
    assert (Return.objects.get().exception_note, Return.objects.get().status) == ("Was ill", "approved")


@pytest.mark.django_db
def test_nothing_and_too_much_is_refused(support: Client, order: Order) -> None:
    tote, _ = lines(order)

    assert "Say which units are sent back." in ask(support, order, "take_back")
    assert "less than or equal to 2" in ask(support, order, "take_back", **{tote.pk: 3})
    assert not Return.objects.exists()


@pytest.mark.django_db
def test_what_arrives_is_counted_line_by_line(support: Client, order: Order) -> None:
    tote, cap = lines(order)
    ask(support, order, "take_back", **{tote.pk: 2, cap.pk: 1})
    made = Return.objects.get()

    page = ask(
        support,
        made,
        "receive",
        **{f"{tote.pk}-arrived": 1, f"{tote.pk}-restock": "on", f"{cap.pk}-condition": "damaged"},
    )

    assert "The money can be given back now." in page
    assert "Something came back, and is not refunded." in page
    assert [
        (one.received, one.condition, one.is_restocked) for one in made.lines.order_by("order_line__position")
    ] == [(1, "as_new", True), (1, "damaged", False)]
    assert tote.variant.stock.on_hand == 101


@pytest.mark.django_db
def test_without_a_payment_it_is_closed(support: Client, order: Order) -> None:
    tote, _ = lines(order)
    ask(support, order, "take_back", **{tote.pk: 1})
    made = Return.objects.get()
    ask(support, made, "receive")

    assert "Nothing is left to be given back." in text_of(support.get(address(made, "refund")))
    assert "Nothing is given back for it." in ask(support, made, "close")
    made.refresh_from_db()
    assert made.status == "closed"


@pytest.mark.django_db
def test_a_change_of_mind(support: Client, order: Order) -> None:
    tote, _ = lines(order)
    ask(support, order, "take_back", **{tote.pk: 1})

    assert "can be asked for again" in ask(support, Return.objects.get(), "cancel")
    assert "of 2 with the buyer" in text_of(support.get(address(order, "take_back")))


@pytest.mark.django_db(transaction=True)
def test_the_share_less_the_fee_goes_back(paid: Purchase) -> None:
    support = member(paid.order.merchant, "support")
    deliver(paid.order)
    tote = paid.line(paid.tote)
    made = request_return(paid.order.pk, {tote: 1}, reason="damaged", now=timezone.now())
    ask(support, made, "approve")
    ask(support, made, "receive")

    too_much = ask(support, made, "refund", amount="26.00")
    odd = ask(support, made, "refund", restocking_fee="-1")
    done = ask(support, made, "refund", restocking_fee="2.50")
    paid.settle()

    share = paid.order.lines.get(pk=tote).total_minor // 3
    assert share == 2574
    assert "At most 25.74 USD can be given back" in too_much
    assert "From 0 to 25.74 USD." in odd
    assert "23.24 USD is on its way back." in done
    assert (paid.given_back(), Return.objects.get().restocking_fee_minor) == (2324, 250)


@pytest.mark.django_db(transaction=True)
def test_what_the_carrier_brought_back_waits_for_its_refund(paid: Purchase) -> None:
    support = member(paid.order.merchant, "support")
    ask(support, paid.order, "ship")
    ask(support, Shipment.objects.get(), "step", status="returned")
    paid.settle()

    page = text_of(support.get(address(paid.order, "change")))
    waits = {one.title: one.count for one in support.get("/admin/").context["waiting"]}
    done = ask(support, Return.objects.get(), "refund")
    paid.settle()

    assert "Something came back, and is not refunded." in page
    assert "Brought back by its carrier on" in page
    assert waits["Returns to refund"] == 1
    assert "is on its way back." in done
    assert (paid.given_back(), Return.objects.get().status) == (paid.order.total_minor, "refunded")
