"""What becomes of an order, as an agent sees it (ORD-*)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.aftersales.returns import Received, approve_return, receive_return, request_return
from commerce.catalog.models import Variant
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Adjustment, Order
from tests.api import AcpClient, Answer
from tests.factories import VariantFactory
from tests.stripe_account import StripeAccount

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def bought(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> Answer:
    tote = VariantFactory.create(merchant=merchant, price_minor=2400, product__title="Tote")
    cap = VariantFactory.create(merchant=merchant, price_minor=1000, product__title="Cap")
    session = acp.create({"id": tote.pk, "quantity": 3}, cap.pk)
    return acp.complete(session.body["id"], stripe_account.mint(session.total()))


def test_a_part_on_its_way_and_a_part_waiting(acp: AcpClient, bought: Answer) -> None:
    order_id = bought.body["order"]["id"]
    tote, cap = (line["id"] for line in bought.body["order"]["line_items"])
    parcel = Parcel(
        reference="P1",
        carrier="USPS",
        tracking_number="9400",
        tracking_url="https://tools.usps.example/9400",
        quantities={tote: 2},
    )

    record_step(order_id, parcel, Step("shipped", NOON, "Left Oakland", "Oakland"), now=NOON)
    order = acp.read(bought.body["id"]).body["order"]

    assert order["status"] == "processing"
    assert [line["quantity"]["fulfilled"] for line in order["line_items"]] == [2, 0]
    assert [line["status"] for line in order["line_items"]] == ["partial", "processing"]
    sent, waiting = order["fulfillments"]
    assert (sent["status"], sent["carrier"], sent["tracking_number"]) == ("shipped", "USPS", "9400")
    assert sent["line_items"] == [{"id": tote, "quantity": 2}]
    assert [(one["type"], one["occurred_at"], one["location"]) for one in sent["events"]] == [
        ("shipped", "2026-11-24T12:00:00Z", "Oakland")
    ]
    assert waiting["status"] == "pending"
    assert waiting["line_items"] == [{"id": tote, "quantity": 1}, {"id": cap, "quantity": 1}]


def test_everything_delivered(acp: AcpClient, bought: Answer) -> None:
    order_id = bought.body["order"]["id"]
    for status in ("shipped", "in_transit", "out_for_delivery", "delivered"):
        record_step(order_id, Parcel(), Step(status, timezone.now()), now=timezone.now())

    order = acp.read(bought.body["id"]).body["order"]

    assert order["status"] == "completed"
    assert {line["status"] for line in order["line_items"]} == {"fulfilled"}
    (shipment,) = order["fulfillments"]
    assert shipment["status"] == "delivered"
    assert [one["type"] for one in shipment["events"]] == [
        "shipped",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]


@pytest.mark.parametrize(
    ("kind", "happened", "shown"),
    [
        ("shipping", "out_for_delivery", "out_for_delivery"),
        ("shipping", "ready_for_pickup", "in_transit"),
        ("pickup", "shipped", "processing"),
        ("pickup", "in_transit", "processing"),
        ("pickup", "out_for_delivery", "processing"),
        ("pickup", "ready_for_pickup", "ready_for_pickup"),
        ("pickup", "delivered", "delivered"),
        ("pickup", "returned", "failed"),
    ],
)
def test_a_status_fits_the_way_it_travels(
    acp: AcpClient, bought: Answer, kind: str, happened: str, shown: str
) -> None:
    parcel = Parcel(carrier="UPS", tracking_number="1Z", tracking_url="https://ups.example/1Z")
    record_step(bought.body["order"]["id"], parcel, Step(happened, NOON), now=NOON, kind=kind)

    one = acp.read(bought.body["id"]).body["order"]["fulfillments"][0]

    assert (one["type"], one["status"]) == (kind, shown)
    assert one["events"][0]["type"] == {"returned": "returned_to_sender"}.get(happened, happened)
    assert ("tracking_number" in one, "carrier" in one, "tracking_url" in one) == (kind == "shipping",) * 3


def test_a_return_is_an_adjustment(acp: AcpClient, bought: Answer) -> None:
    order_id = bought.body["order"]["id"]
    for status in ("shipped", "returned"):
        record_step(order_id, Parcel(), Step(status, timezone.now(), "Refused"), now=timezone.now())

    order = acp.read(bought.body["id"]).body["order"]

    assert order["status"] == "canceled"
    assert [line["quantity"]["current"] for line in order["line_items"]] == [0, 0]
    assert {line["status"] for line in order["line_items"]} == {"removed"}
    assert [(one["type"], one["status"], one["description"]) for one in order["adjustments"]] == [
        ("return", "completed", "Refused")
    ]
    assert order["fulfillments"][0]["status"] == "failed"
    assert order["fulfillments"][0]["events"][-1]["type"] == "returned_to_sender"


def test_what_comes_back_leaves_what_was_never_sent_pending(acp: AcpClient, bought: Answer) -> None:
    order_id, (tote, cap) = bought.body["order"]["id"], (one["id"] for one in bought.body["order"]["line_items"])
    record_step(order_id, Parcel("P1", quantities={tote: 2}), Step("delivered", NOON), now=NOON)
    returned = request_return(order_id, {tote: 1}, reason="wrong_item", now=NOON)
    asked = acp.read(bought.body["id"]).body["order"]["adjustments"]
    approve_return(returned.pk, now=NOON)
    receive_return(returned.pk, {tote: Received(1)}, now=NOON)

    order = acp.read(bought.body["id"]).body["order"]

    sent, waiting = order["fulfillments"]
    assert (sent["status"], sent["line_items"]) == ("delivered", [{"id": tote, "quantity": 2}])
    assert waiting["line_items"] == [{"id": tote, "quantity": 1}, {"id": cap, "quantity": 1}]
    assert [(one["type"], one["status"], one["reason"]) for one in (*asked, *order["adjustments"])] == [
        ("return", "pending", "wrong_item"),
        ("return", "completed", "wrong_item"),
    ]
    assert order["line_items"][0]["quantity"] == {"ordered": 3, "current": 2, "fulfilled": 1}


def test_refunds_stand_beside_the_total(acp: AcpClient, bought: Answer) -> None:
    order = Order.objects.get()
    later = NOON + timedelta(hours=1)
    common = {"order": order, "kind": "refund"}
    Adjustment.objects.create(**common, amount_minor=1000, reason="damaged", occurred_at=NOON)
    Adjustment.objects.create(**common, amount_minor=500, status="pending", occurred_at=later)

    shown = acp.read(bought.body["id"]).body["order"]

    totals = {one["type"]: one["amount"] for one in shown["totals"]}
    assert totals["total"] == bought.total()
    assert totals["amount_refunded"] == 1000
    assert [(one["amount"], one["currency"], one["status"]) for one in shown["adjustments"]] == [
        (1000, "usd", "completed"),
        (500, "usd", "pending"),
    ]


def test_a_digital_item_names_where_it_is(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    guide = VariantFactory.create(
        merchant=merchant, is_digital=True, price_minor=900, download_url="https://dl.example/trail.pdf"
    )
    session = acp.create(guide.pk, fulfillment_details=None)
    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))
    from commerce.fulfillment.subscribers import deliver_digital_lines
    from commerce.outbox.relay import Event

    event = Event(1, "order.downloads_due", done.body["order"]["id"], {}, 1, "")
    deliver_digital_lines(event)
    deliver_digital_lines(event)

    order = acp.read(session.body["id"]).body["order"]
    assert order["status"] == "completed"
    (delivered,) = order["fulfillments"]
    assert delivered["digital_delivery"] == {"access_url": "https://dl.example/trail.pdf"}
    assert len(delivered["events"]) == 1


def test_prices_with_tax_inside_say_so(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> None:
    merchant.tax_rates.update(is_inclusive=True, percentage=20, jurisdiction="VAT")
    tote = VariantFactory.create(merchant=merchant, price_minor=2400)
    session = acp.create(tote.pk)

    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert (session.total("tax"), session.total()) == (0, 2900)
    for totals in (session.body["totals"], done.body["order"]["totals"]):
        tax = next(one for one in totals if one["type"] == "tax")
        assert tax["display_text"] == "Tax included in prices"
        assert tax["description"] == "Prices include 4.00 USD VAT (20 %)"


def test_variant_names_are_part_of_the_title(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    blue = VariantFactory.create(merchant=merchant, title="Blue / M", option_values=["Blue", "M"])
    blue.product.option_names = ["Color", "Size"]
    blue.product.save(update_fields=["option_names"])
    session = acp.create(blue.pk)

    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert session.body["line_items"][0]["variant_options"] == [
        {"name": "Color", "value": "Blue"},
        {"name": "Size", "value": "M"},
    ]
    assert done.body["order"]["line_items"][0]["title"] == "Canvas Tote — Blue / M"
    assert Variant.objects.count() == 1
