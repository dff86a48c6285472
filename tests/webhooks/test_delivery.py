"""Order events over real HTTP: signed, whole, in order, repeated until heard (WH-*)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from agents.webhooks.claiming import claim
from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery, DeliveryAttempt, Endpoint
from agents.webhooks.recording import RETRY_SECONDS
from agents.webhooks.replays import replay
from agents.webhooks.services import plan_deliveries, register_endpoint
from commerce.accounts.models import Agent
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Adjustment, Order
from commerce.outgoing.addresses import ForbiddenUrlError
from commerce.signatures import SignatureError, verify
from tests.official_schemas import check_schema
from tests.orders.building import placed_order
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

EVENT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "data"],
    "properties": {
        "type": {"enum": ["order_create", "order_update"]},
        "data": {
            "$ref": "https://example.com/schemas/agentic-checkout/bundle.schema.json#/$defs/Order",
            "required": ["type", "checkout_session_id", "permalink_url", "status"],
        },
    },
}


def plan(order: Order, up_to: int = 1) -> None:
    plan_deliveries(order.pk, up_to=up_to, now=timezone.now())


def make_due() -> None:
    Delivery.objects.filter(status="pending").update(due_at=timezone.now())
    Endpoint.objects.update(open_until=None)


def bodies(listening: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in listening.received]


def test_an_event_is_signed_and_whole(agent: Agent, secret: str, listening: Receiver) -> None:
    order = placed_order(2, agent=agent)
    plan(order)

    assert deliver_due() == 1

    ((headers, body),) = listening.received
    now = int(timezone.now().timestamp())
    assert re.fullmatch(r"t=\d+,v1=[a-f0-9]{64}", headers["merchant-signature"])
    verify(body, header=headers["merchant-signature"], secrets=[secret], now=now)
    with pytest.raises(SignatureError):
        verify(body + b" ", header=headers["merchant-signature"], secrets=[secret], now=now)
    Webhook(secret).verify(body, headers)
    assert headers["content-type"] == "application/json"
    assert headers["request-id"] == headers["webhook-id"] == Delivery.objects.get().pk
    event = json.loads(body)
    check_schema(event, EVENT)
    assert event["type"] == "order_create"
    assert event["data"]["type"] == "order"
    assert event["data"]["line_items"][0]["quantity"] == {"ordered": 2, "current": 2, "fulfilled": 0}


def test_updates_follow_in_order_with_the_whole_order(agent: Agent, secret: str, listening: Receiver) -> None:
    order = placed_order(1, agent=agent)
    now = timezone.now()
    for minute, status in enumerate(("shipped", "delivered")):
        record_step(order.pk, Parcel(carrier="USPS"), Step(status, now + timedelta(minutes=minute)), now=now)
    Adjustment.objects.create(order=order, kind="refund", amount_minor=100, occurred_at=now)
    plan(order, up_to=3)

    deliver_due()

    events = bodies(listening)
    assert [event["type"] for event in events] == ["order_create", "order_update", "order_update"]
    for event in events:
        check_schema(event, EVENT)
        assert "refunds" not in event["data"]
    assert events[-1]["data"]["status"] == "completed"
    assert events[-1]["data"]["fulfillments"][0]["carrier"] == "USPS"
    assert events[-1]["data"]["adjustments"][0]["amount"] == 100
    assert len({headers["request-id"] for headers, _ in listening.received}) == 3


def test_a_later_event_waits_for_the_earlier_one(agent: Agent, secret: str, listening: Receiver) -> None:
    order = placed_order(1, agent=agent)
    record_step(order.pk, Parcel(), Step("shipped", timezone.now()), now=timezone.now())
    plan(order, up_to=2)
    listening.answers = [(500, {})]

    deliver_due()
    waiting = [body["type"] for body in bodies(listening)]
    make_due()
    deliver_due()

    assert waiting == ["order_create"]
    assert [body["type"] for body in bodies(listening)] == ["order_create", "order_create", "order_update"]


def test_an_event_that_comes_out_of_turn_brings_the_missing_ones(
    agent: Agent, secret: str, listening: Receiver
) -> None:
    order = placed_order(1, agent=agent)
    record_step(order.pk, Parcel(), Step("shipped", timezone.now()), now=timezone.now())

    plan(order, up_to=2)
    plan(order, up_to=1)

    assert list(Delivery.objects.order_by("sequence").values_list("sequence", "kind")) == [
        (1, "order_create"),
        (2, "order_update"),
    ]


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_anything_but_2xx_is_repeated_with_the_same_bytes(
    agent: Agent, secret: str, listening: Receiver, status: int
) -> None:
    plan(placed_order(1, agent=agent))
    listening.answers = [(status, {"Location": listening.url})]

    failed = deliver_due()
    Order.objects.update(status="processing")
    make_due()
    delivered = deliver_due()

    (first, first_body), (second, second_body) = listening.received
    assert (failed, delivered) == (0, 1)
    assert first_body == second_body
    assert first["request-id"] == second["request-id"]
    verify(second_body, header=second["merchant-signature"], secrets=[secret], now=int(timezone.now().timestamp()))
    attempts = DeliveryAttempt.objects.order_by("number")
    assert [(one.number, one.status) for one in attempts] == [(1, status), (2, 200)]
    assert Delivery.objects.get().status == "delivered"


def test_a_repetition_is_signed_at_its_own_time(
    agent: Agent, secret: str, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(placed_order(1, agent=agent))
    listening.answers = [(500, {})]
    deliver_due()
    later = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    deliver_due()

    (first, body), (second, _) = listening.received
    moment = int(later.timestamp())
    assert second["merchant-signature"].startswith(f"t={moment},v1=")
    verify(body, header=second["merchant-signature"], secrets=[secret], now=moment)
    with pytest.raises(SignatureError):
        verify(body, header=first["merchant-signature"], secrets=[secret], now=moment)


def test_an_answer_that_never_comes_is_repeated(agent: Agent, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    register_endpoint(agent, "http://127.0.0.1:9/nobody")
    plan(placed_order(1, agent=agent))

    assert deliver_due() == 0

    attempt = DeliveryAttempt.objects.get()
    assert attempt.status is None
    assert "refused" in attempt.error
    assert Delivery.objects.get().status == "pending"


def test_pauses_grow_and_then_it_is_given_up_until_replayed(
    agent: Agent, secret: str, listening: Receiver
) -> None:
    plan(placed_order(1, agent=agent))
    listening.answers = [(500, {})] * (len(RETRY_SECONDS) + 1)
    pauses = []
    for _ in range(len(RETRY_SECONDS) + 1):
        before = timezone.now()
        deliver_due()
        pauses.append((Delivery.objects.get().due_at - before).total_seconds())
        make_due()

    assert Delivery.objects.get().status == "dead"
    for pause, planned in zip(pauses, RETRY_SECONDS, strict=False):
        assert 0.79 * planned <= pause <= 1.21 * planned + 1
    assert deliver_due() == 0

    assert replay(Delivery.objects.all(), now=timezone.now()) == 1
    assert deliver_due() == 1
    assert len({body for _, body in listening.received}) == 1


def test_two_workers_never_take_the_same(agent: Agent, secret: str) -> None:
    for _ in range(3):
        plan(placed_order(1, agent=agent))

    first = claim(now=timezone.now(), limit=2)
    second = claim(now=timezone.now(), limit=2)

    assert [len(first), len(second)] == [2, 1]
    assert not {one.id for one in first} & {one.id for one in second}


def test_what_a_killed_worker_took_is_taken_again(agent: Agent, secret: str, listening: Receiver) -> None:
    plan(placed_order(1, agent=agent))
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=90))
    taken = claim(now=timezone.now() - timedelta(seconds=55), limit=10)

    assert (len(taken), deliver_due()) == (1, 0)

    Delivery.objects.update(leased_until=timezone.now())
    assert deliver_due() == 1


def test_only_the_orders_own_agent_hears_of_it(agent: Agent, secret: str, listening: Receiver) -> None:
    plan(placed_order(1))
    Endpoint.objects.filter(agent=agent).update(is_active=False)
    plan(placed_order(1, agent=agent))

    assert (deliver_due(), Delivery.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://agent.example/hook",
        "https://user:secret@agent.example/hook",
        "ftp://agent.example/hook",
        "https:///hook",
        "file:///etc/passwd",
    ],
)
def test_only_https_addresses_are_registered(agent: Agent, url: str) -> None:
    with pytest.raises(ForbiddenUrlError):
        register_endpoint(agent, url)


def test_private_addresses_are_refused_when_it_is_sent(
    agent: Agent, listening: Receiver, settings: Settings
) -> None:
    register_endpoint(agent, listening.url.replace("127.0.0.1", "localhost").replace("http:", "https:"))
    plan(placed_order(1, agent=agent))

    assert deliver_due() == 0

    assert "ForbiddenUrlError" in DeliveryAttempt.objects.get().error
    assert listening.received == []


def test_a_secret_is_sealed(agent: Agent, secret: str) -> None:
    assert secret not in str(Endpoint.objects.values().get())
