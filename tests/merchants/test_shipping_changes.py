"""Shipping by hand: what support does on an order's page and on a shipment's."""

from __future__ import annotations

import pytest
from django.test import Client

from commerce.accounts.models import Merchant, StaffAction
from commerce.fulfillment.models import Shipment
from commerce.orders.records import ChosenOption
from tests.factories import MerchantFactory
from tests.merchants.order_work import address, ask, buy, deliver, lines, text_of
from tests.merchants.staff import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant() -> Merchant:
    return MerchantFactory.create()


@pytest.fixture
def support(merchant: Merchant) -> Client:
    return member(merchant, "support", name="kim")


def test_a_part_is_handed_over_with_its_number(merchant: Merchant, support: Client) -> None:
    order = buy(merchant, 3, 1)
    tote, cap = lines(order)

    page = ask(support, order, "ship", carrier="fedex", tracking_number="7712", **{tote.pk: 2, cap.pk: 0})

    shipment = Shipment.objects.get()
    assert "The parcel is made: handed to the carrier." in page
    assert "2 units wait to be sent." in page
    assert (shipment.status, shipment.tracking_url) == ("shipped", "https://www.fedex.com/fedextrack/?trknbr=7712")
    assert [(one.order_line_id, one.quantity) for one in shipment.lines.all()] == [(tote.pk, 2)]
    entry = StaffAction.objects.get()
    assert (entry.user_name, entry.model, entry.row) == ("kim", "orders.order", order.pk)
    assert entry.what == "Send units of this order: The parcel is made: handed to the carrier."


def test_the_same_form_twice_is_one_parcel(merchant: Merchant, support: Client) -> None:
    order = buy(merchant, 3)
    (tote,) = lines(order)
    data = {"key": "finger", "status": "shipped", tote.pk: 1}

    for _ in range(2):
        assert support.post(address(order, "ship"), data).status_code == 302

    assert Shipment.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tote": 4}, "less than or equal to 3"),
        ({"tote": 0}, "Say how many units go into the parcel."),
        ({"tracking_url": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"tracking_url": "ftp://files.example/1"}, "Enter a valid URL."),
        ({"tracking_url": "https://ups.example/" + "1" * 500}, "at most 500 characters"),
        ({"status": "returned"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said_and_keeps_what_was_typed(
    merchant: Merchant, support: Client, changed: dict[str, object], words: str
) -> None:
    order = buy(merchant, 3)
    (tote,) = lines(order)
    data = {tote.pk: changed.pop("tote", 1), "carrier": "Bike & Co", **changed}

    page = ask(support, order, "ship", **data)

    assert words in page
    assert not Shipment.objects.exists()


def test_what_somebody_else_sent_meanwhile_is_not_sent_again(merchant: Merchant, support: Client) -> None:
    order = buy(merchant, 3)
    (tote,) = lines(order)
    data = {"status": "shipped", "key": "a", tote.pk: 3}
    page = support.get(address(order, "ship"))
    deliver(order)

    answer = support.post(address(order, "ship"), data)

    assert "of 3 not in a parcel yet" in text_of(page)
    assert "Everything of this order is in a parcel already" in text_of(answer)
    assert Shipment.objects.count() == 1


def test_a_pick_up_is_laid_out(merchant: Merchant, support: Client) -> None:
    order = buy(merchant, 1, fulfillment=(ChosenOption("fm_x", "pickup", "Pick up", 500, ()),))

    begin = support.get(address(order, "change")).content.decode()
    form = text_of(support.get(address(order, "lay_out")))
    page = ask(support, order, "lay_out")

    assert address(order, "ship") not in begin
    assert begin.count(address(order, "lay_out")) >= 2
    assert "1 unit waits to be laid out." in begin
    assert "Lay units of this order out" in form
    assert "The pick-up is made: ready to be picked up." in page
    assert (Shipment.objects.get().kind, Shipment.objects.get().status) == ("pickup", "ready_for_pickup")


def test_beside_a_download_a_pick_up_is_one(merchant: Merchant, support: Client) -> None:
    ways = (
        ChosenOption("fm_x", "pickup", "Pick up", 500, ()),
        ChosenOption("digital", "digital", "Download", 0, ()),
    )
    order = buy(merchant, 1, fulfillment=ways)

    ask(support, order, "lay_out")

    assert Shipment.objects.get().kind == "pickup"


def test_steps_corrections_and_unpacking(merchant: Merchant, support: Client) -> None:
    order = buy(merchant, 2)
    (tote,) = lines(order)
    ask(support, order, "ship", status="processing", **{tote.pk: 1})
    first = Shipment.objects.get()

    assert "canceled. Its units can be sent again" in ask(support, first, "unpack", note="Wrong box")
    ask(support, order, "ship", carrier="UPS", tracking_number="1Z8")
    second = Shipment.objects.exclude(pk=first.pk).get()
    assert "told the right one" in ask(support, second, "tracking", tracking_number="1Z9")
    assert "recorded as: on its way" in ask(support, second, "step", status="in_transit", location="Oakland")
    assert "Only what was not handed over yet" in text_of(support.get(address(second, "unpack")))
    assert "recorded as: returned" in ask(support, second, "step", status="returned", is_restocked="on")

    second.refresh_from_db()
    assert (second.status, second.tracking_number) == ("returned", "1Z9")
    assert second.tracking_url.endswith("tracknum=1Z9")
    assert tote.variant.stock.on_hand == 102
    assert "This shipment is at its end" in text_of(support.get(address(second, "step")))
