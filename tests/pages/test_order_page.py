from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commerce.aftersales.returns import Received, approve_return, receive_return, request_return
from commerce.catalog.models import Product
from commerce.fulfillment.models import Shipment, ShipmentEvent
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Adjustment, Order, OrderLine
from merchants.seeding import seed
from tests.pages.building import LYON, NOW, place_order
from tests.pages.reading import Page

pytestmark = pytest.mark.django_db

HARBOR = "harbor-supply"


@pytest.fixture(autouse=True)
def shops(db: None) -> None:
    seed()


def page(order: Order) -> Page:
    response = Client().get(f"/orders/{order.permalink_token}")
    assert response.status_code == 200
    return Page(response.content.decode())


def send(order: Order, parcel: Parcel, status: str, hours: int = 1, description: str = "") -> Shipment:
    step = Step(status, NOW + timedelta(hours=hours), description)
    return record_step(order.pk, parcel, step, now=NOW)


def test_tells_the_whole_purchase() -> None:
    order = place_order(HARBOR, ("TT-MUG-CRM", 2), ("QB-DAY-SLT", 1), codes=("WELCOME10",), option="Express")

    shown = page(order)

    assert f"Order {order.number}" in shown.texts
    assert "Harbor Supply Co." in shown.texts
    assert "Confirmed" in shown.texts
    assert "Placed on April 20, 2026, 11 am PDT" in shown.texts
    assert shown.row("Enamel Camp Mug — Cream") == [
        "$14.50 each · TT-MUG-CRM · not sent yet",
        "2",
        "$29.00",
        "$2.90 off",
    ]
    assert shown.row("Items") == ["$147.00"]
    assert shown.row("Welcome: 10 % off (WELCOME10)") == ["\u2212$14.70"]
    assert shown.row("Delivery") == ["$14.95"]
    assert shown.row("California 7.25 %") == ["$9.59"]
    assert shown.row("San Francisco District 1.375 %") == ["$1.82"]
    assert shown.row("Total in USD") == ["$158.66"]
    assert "Express with UPS" in shown.texts
    assert "Expected between Tuesday, April 21 and Wednesday, April 22, 2026." in shown.texts
    assert "Ada Park 1234 Chat Road Apt 5 San Francisco, CA 94131 US" in shown.text
    assert "mailto:help@harborsupply.example" in shown.links
    assert "ada@example.com" not in shown.html


def test_tax_that_prices_contain_stands_below_the_total() -> None:
    shown = page(place_order("fjord-and-fell", ("SF-WALKS", 1), ("HB-SOAP", 2), address=LYON))

    assert shown.row("Total in EUR") == ["€53.80"]
    assert shown.row("France VAT 5.5 % included") == ["€1.40"]
    assert shown.row("France VAT 20 % included") == ["€4.48"]
    assert "Placed on April 20, 2026, 8 pm CEST" in shown.texts


def test_two_shipments_with_tracking_and_history() -> None:
    order = place_order(HARBOR, ("TT-MUG-CRM", 2), ("QB-DAY-SLT", 1))
    mugs, pack = order.lines.order_by("position")
    first = Parcel("WH-1", "UPS", "1Z999", "https://ups.example/1Z999?a=1&b=2", quantities={mugs.pk: 2})
    record_step(order.pk, first, Step("shipped", NOW + timedelta(hours=2), "", "Oakland"), now=NOW)
    second = Parcel("WH-2", "USPS", "9400", quantities={pack.pk: 1})
    record_step(order.pk, second, Step("shipped", NOW + timedelta(hours=3)), now=NOW + timedelta(hours=3))
    send(order, Parcel("WH-1"), "delivered", hours=30, description="Left at the door")

    shown = page(order)

    assert "On its way" in shown.texts
    assert "https://ups.example/1Z999?a=1&b=2" in shown.links
    assert shown.texts.count("Carrier") == 2
    assert ["Tracking number", "1Z999"] in shown.rows
    assert ["2 × Enamel Camp Mug — Cream"] in shown.rows  # noqa: RUF001
    assert shown.text.index("Parcel 1: Delivered") < shown.text.index("Parcel 2: Handed to the carrier")
    assert shown.row("Parcel 1: Delivered") == ["Left at the door", "April 21, 2026, 5 pm PDT"]
    assert shown.text.index("Parcel 1: Handed to the carrier") < shown.text.index("Order placed")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,hi", "ups.example/1"])
def test_tracking_leads_only_to_web_addresses(url: str) -> None:
    order = place_order(HARBOR, ("TT-MUG-CRM", 1))
    send(order, Parcel("WH-1", tracking_url=url, tracking_number="1Z999"), "shipped")

    shown = page(order)

    assert url not in shown.html
    assert ["Tracking number", "1Z999"] in shown.rows


def test_download_is_one_click_away() -> None:
    order = place_order(HARBOR, ("SMP-MAP-COAST", 1))
    step = Step("delivered", NOW)
    url = "https://cdn.harborsupply.example/maps/coast.zip"
    record_step(order.pk, Parcel("digital", access_url=url), step, kind="digital", now=NOW)

    shown = page(order)

    assert url in shown.links
    assert "Complete" in shown.texts
    assert "Available right after the purchase." in shown.texts
    assert "1234 Chat Road" not in shown.text
    assert [row for row in shown.rows if len(row) == 2 and row[0] == "Delivery"] == []


def test_page_does_not_link_to_itself_as_a_download() -> None:
    order = place_order(HARBOR, ("SMP-MAP-COAST", 1))
    own = f"http://testserver/orders/{order.permalink_token}"
    record_step(order.pk, Parcel("digital", access_url=own), Step("delivered", NOW), kind="digital", now=NOW)

    assert own not in page(order).links


def test_canceled_and_refunded_lines_are_told() -> None:
    order = place_order(HARBOR, ("TT-SKIL-26", 1), ("TT-SPORK", 4))
    skillet, spork = order.lines.order_by("position")
    OrderLine.objects.filter(pk=skillet.pk).update(current=0)
    OrderLine.objects.filter(pk=spork.pk).update(current=3)
    Adjustment.objects.create(
        order=order,
        kind="cancellation",
        lines=[{"id": skillet.pk, "quantity": 1}],
        reason="out_of_stock",
        occurred_at=NOW + timedelta(hours=1),
    )
    Adjustment.objects.create(order=order, kind="refund", amount_minor=5866, occurred_at=NOW)
    Adjustment.objects.create(order=order, kind="refund", amount_minor=100, status="pending", occurred_at=NOW)

    shown = page(order)

    assert shown.row("Cast-Iron Skillet 26 cm")[0] == "$54.00 each · TT-SKIL-26 · canceled or returned"
    assert shown.row("Titanium Spork")[0].endswith("not sent yet, 1 canceled or returned")
    assert shown.row("Refunded") == ["$58.66"]
    assert shown.row("Cancellation") == [
        "out of stock; 1 × Cast-Iron Skillet 26 cm",  # noqa: RUF001
        "April 20, 2026, 12 pm PDT",
    ]
    assert "Refund of $1.00, under way" in shown.texts


def test_what_comes_back_is_told_and_nothing_can_be_asked() -> None:
    order = place_order(HARBOR, ("TT-SPORK", 4))
    spork = order.lines.get()
    assert "can be sent back" not in page(order).text
    send(order, Parcel("WH-1"), "delivered")
    made = request_return(order.pk, {spork.pk: 2}, reason="too_small", note="Tiny", now=NOW + timedelta(hours=3))
    asked = page(order)
    approve_return(made.pk, answer="To 12 Quayside Walk", now=NOW)
    approved = page(order)
    receive_return(made.pk, {spork.pk: Received(2)}, now=NOW)

    shown = page(order)

    for one, status, detail in (
        (asked, "Under way", "Asked for; the shop decides"),
        (approved, "Under way", "Approved; the items can be sent back: To 12 Quayside Walk"),
        (shown, "Received", "Received by the shop"),
    ):
        place = one.texts.index("Returns")
        assert one.texts[place + 1 : place + 4] == [status, "2 × Titanium Spork", detail]  # noqa: RUF001
        assert "Too small · April 20, 2026, 2 pm PDT" in one.text
        assert "Refunds and changes" not in one.texts
        assert "can be sent back for 30 days after its delivery" in one.text
        assert "form" not in one.tags
        assert "Tiny" not in one.text


def test_pick_up_shows_where() -> None:
    shown = page(place_order(HARBOR, ("TT-MUG-CRM", 1), option="Pick up at the store"))

    assert "Ready from Monday, April 20, 2026." in shown.texts
    assert "Harbor Supply Store 12 Quayside Walk San Francisco, CA 94111" in shown.text
    assert shown.row("Delivery") == ["Free"]
    assert "1234 Chat Road" not in shown.text


def test_local_delivery_shows_its_hours() -> None:
    shown = page(place_order(HARBOR, ("TT-MUG-CRM", 1), option="Evening delivery in San Francisco"))

    assert "Expected on Tuesday, April 21, 2026, between 5 pm and 8 pm." in shown.texts


HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7|add:7 }}"


def test_hostile_words_stay_words() -> None:
    Product.objects.filter(handle="enamel-camp-mug").update(title=HOSTILE)
    order = place_order(HARBOR, ("TT-MUG-CRM", 1))
    send(order, Parcel("WH-1", "<b>UPS", '"><script>'), "shipped", description="<i>hi")
    ShipmentEvent.objects.update(location="<svg onload=alert(1)>")

    shown = page(order)

    assert "alert('x')\">{{ 7|add:7 }} — Cream" in shown.texts
    assert not {"script", "img", "b", "i", "svg"} & set(shown.tags)
    assert shown.loads == ["/static/commerce/site.css", "/static/commerce/icon.svg"]


def test_nobody_keeps_or_finds_the_page() -> None:
    order = place_order(HARBOR, ("TT-MUG-CRM", 1))

    response = Client().get(f"/orders/{order.permalink_token}")

    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; ")
    assert response["X-Frame-Options"] == "DENY"
    assert not response.cookies


def test_unknown_address_is_not_found() -> None:
    response = Client().get("/orders/nothing")

    assert response.status_code == 404
    assert "There is nothing here" in Page(response.content.decode()).texts


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_page_is_only_read(method: str) -> None:
    order = place_order(HARBOR, ("TT-MUG-CRM", 1))

    assert getattr(Client(), method)(f"/orders/{order.permalink_token}").status_code == 405


def statements(order: Order) -> int:
    with CaptureQueriesContext(connection) as captured:
        page(order)
    return len(captured)


def test_statements_do_not_grow_with_the_order() -> None:
    small = place_order(HARBOR, ("TT-MUG-CRM", 1))
    large = place_order(HARBOR, *((sku, 1) for sku in ("TT-MUG-CRM", "TT-MUG-BLU", "TT-SPORK", "HS-AID-1")))
    for number, line in enumerate(large.lines.order_by("position")):
        parcel = Parcel(f"WH-{number}", quantities={line.pk: 1})
        record_step(large.pk, parcel, Step("shipped", NOW), now=NOW)

    assert statements(small) == statements(large) == 3
