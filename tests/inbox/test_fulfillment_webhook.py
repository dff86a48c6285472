"""What carriers and warehouses send: verified, stored once, handled by a worker."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.inbox.handlers import STEPS
from commerce.inbox.models import InboxMessage
from commerce.inbox.services import new_fulfillment_secret
from commerce.inbox.subscribers import handle_message
from commerce.orders.models import Order, OrderEvent
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import Event
from commerce.signatures import sign
from tests.factories import AgentFactory, MerchantFactory
from tests.orders.building import placed_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant() -> Merchant:
    return MerchantFactory.create()


@pytest.fixture
def secret(merchant: Merchant) -> str:
    return new_fulfillment_secret(merchant)


@pytest.fixture
def order(merchant: Merchant) -> Order:
    return placed_order(2, 1, agent=AgentFactory.create(merchant=merchant))


def message(order: Order, kind: str = "shipment.shipped", **data: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": kind,
        "occurred_at": "2026-11-24T12:00:00Z",
        "data": {"order": order.number, **data},
    }


def send(
    merchant: Merchant, secret: str, body: Any, *, shift: timedelta = timedelta(), signature: str | None = None
) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = int((timezone.now() + shift).timestamp())
    response = Client().post(
        f"/fulfillment/webhooks/{merchant.slug}",
        raw,
        content_type="application/json",
        headers={"Fulfillment-Signature": signature or sign(raw, secret=secret, timestamp=stamp)},
    )
    return cast(HttpResponse, response)


def handle_all() -> None:
    for event in OutboxEvent.objects.filter(topic="inbox.received").order_by("pk"):
        handle_message(Event(event.pk, event.topic, event.key, event.payload, 1, event.subscriber))


def test_a_message_is_stored_then_handled(merchant: Merchant, secret: str, order: Order) -> None:
    body = message(order, carrier="UPS", tracking_number="1Z", tracking_url="https://ups.example/1Z")

    response = send(merchant, secret, body)
    before = order.shipments.count()
    handle_all()

    assert (response.status_code, json.loads(response.content)) == (200, {"received": True, "duplicate": False})
    assert before == 0
    shipment = order.shipments.get()
    assert (shipment.status, shipment.carrier, shipment.tracking_number) == ("shipped", "UPS", "1Z")
    assert InboxMessage.objects.get().status == "handled"
    order.refresh_from_db()
    assert order.status == "shipped"
    told = OutboxEvent.objects.filter(topic="order.updated").order_by("subscriber")
    assert [one.subscriber.rpartition(".")[2] for one in told] == ["follow", "announce_order", "tell_buyer"]


@pytest.mark.parametrize(("kind", "status"), STEPS.items())
def test_each_kind_moves_the_shipment(
    merchant: Merchant, secret: str, order: Order, kind: str, status: str
) -> None:
    send(merchant, secret, message(order, kind))

    handle_all()

    assert order.shipments.get().status == status


def test_a_repeated_message_is_acted_on_once(merchant: Merchant, secret: str, order: Order) -> None:
    answers = [send(merchant, secret, message(order)) for _ in range(3)]
    for _ in range(2):
        handle_all()

    assert [json.loads(one.content)["duplicate"] for one in answers] == [False, True, True]
    assert InboxMessage.objects.count() == 1
    assert OrderEvent.objects.filter(kind="shipment_shipped").count() == 1


def test_part_of_an_order_is_named_by_line_variant_or_sku(merchant: Merchant, secret: str, order: Order) -> None:
    tote, cap = order.lines.order_by("position")
    order.lines.filter(pk=cap.pk).update(sku="CAP-1")
    items = [{"line_id": tote.pk}, {"variant_id": tote.variant_id}, {"sku": "CAP-1", "quantity": 1}]

    send(merchant, secret, message(order, items=items, shipment="P1"))
    handle_all()

    quantities = {line.order_line_id: line.quantity for line in order.shipments.get().lines.all()}
    assert quantities == {tote.pk: 2, cap.pk: 1}


@pytest.mark.parametrize(
    "break_it",
    [
        {"signature": "t=1,v1=" + "0" * 64},
        {"signature": "nonsense"},
        {"shift": timedelta(seconds=-310)},
        {"shift": timedelta(seconds=310)},
    ],
    ids=["forged", "malformed", "old", "from the future"],
)
def test_what_is_not_signed_just_now_is_refused(
    merchant: Merchant, secret: str, order: Order, break_it: dict[str, Any]
) -> None:
    response = send(merchant, secret, message(order), **break_it)

    assert (response.status_code, json.loads(response.content)["code"]) == (401, "invalid_signature")
    assert InboxMessage.objects.count() == 0


def test_another_merchants_secret_opens_nothing(merchant: Merchant, secret: str, order: Order) -> None:
    foreign = new_fulfillment_secret(MerchantFactory.create())

    assert send(merchant, foreign, message(order)).status_code == 401


def test_another_merchants_order_is_not_moved(secret: str, order: Order) -> None:
    other = MerchantFactory.create()

    send(other, new_fulfillment_secret(other), message(order))
    handle_all()

    kept = InboxMessage.objects.get()
    assert (kept.status, "no order" in kept.error) == ("refused", True)
    assert order.shipments.count() == 0


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "$"),
        ({"id": "m", "type": "shipment.shipped"}, "$.occurred_at"),
        ({"id": "", "type": "x", "occurred_at": "2026-11-24T12:00:00Z", "data": {"order": "x"}}, "$.id"),
        ({"id": "m", "type": "x", "occurred_at": "2026-11-24T12:00:00", "data": {"order": "x"}}, "$.occurred_at"),
        (
            {"id": "m", "type": "x", "occurred_at": "2026-11-24T12:00:00Z", "data": {"order": "x", "items": [{"quantity": 0}]}},
            "$.data.items[0].quantity",
        ),
        (
            {"id": "m", "type": "x", "occurred_at": "2026-11-24T12:00:00Z", "data": {"order": "a\x00b"}},
            "$.data.order Text must not contain NUL",
        ),
        (
            {"id": "m", "type": "x", "occurred_at": "2026-11-24T12:00:00Z", "data": {"order": "x", "tracking_url": "javascript:alert(1)"}},
            "$.data.tracking_url",
        ),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_refused(merchant: Merchant, secret: str, body: Any, place: str) -> None:
    response = send(merchant, secret, body)

    assert response.status_code == 400
    assert place in json.loads(response.content)["message"]
    assert InboxMessage.objects.count() == 0


def test_nul_anywhere_is_refused(merchant: Merchant, secret: str, order: Order) -> None:
    body = {**message(order), "extra": {"note": "a\x00b"}}

    assert send(merchant, secret, body).status_code == 400


def test_an_unknown_address_is_not_found(secret: str) -> None:
    unknown = Merchant(slug="nobody")
    without_secret = MerchantFactory.create()

    assert send(unknown, secret, {}).status_code == 404
    assert send(without_secret, secret, {}).status_code == 404
    assert Client().get(f"/fulfillment/webhooks/{without_secret.slug}").status_code == 405


def test_an_oversized_message_is_refused(merchant: Merchant, secret: str) -> None:
    assert send(merchant, secret, {"x": "x" * 300_000}).status_code == 413


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("inventory.counted", {}, "kept and not acted on"),
        ("shipment.shipped", {"items": [{"sku": "NOPE"}]}, "no item 'NOPE'"),
        ("shipment.shipped", {"items": [{}]}, "no item ''"),
    ],
)
def test_what_cannot_be_done_is_kept_with_its_reason(
    merchant: Merchant, secret: str, order: Order, kind: str, data: dict[str, Any], reason: str
) -> None:
    response = send(merchant, secret, message(order, kind, **data))
    handle_all()

    kept = InboxMessage.objects.get()
    assert (response.status_code, kept.status) == (200, "refused")
    assert reason in kept.error
    assert order.shipments.count() == 0


def test_what_is_left_can_be_sent_once(merchant: Merchant, secret: str, order: Order) -> None:
    send(merchant, secret, message(order, shipment="A"))
    send(merchant, secret, {**message(order, shipment="B"), "id": "msg_2"})
    handle_all()

    refused = InboxMessage.objects.get(external_id="msg_2")
    assert (refused.status, "shipment already" in refused.error) == ("refused", True)


def test_times_are_instants(merchant: Merchant, secret: str, order: Order) -> None:
    send(merchant, secret, {**message(order), "occurred_at": "2026-11-24T13:30:00+01:00"})
    handle_all()

    assert order.shipments.get().shipped_at == datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
