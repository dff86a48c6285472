"""However many deliveries are lost, every receiver ends up knowing what we know, and heard it in order."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.acp.order_events import order_event_bodies
from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery, DeliveryAttempt, Endpoint
from agents.webhooks.services import plan_deliveries
from commerce.accounts.models import Agent
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order
from tests.orders.building import placed_order
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


class Forgetful:
    """Fails three times in ten; every other time it has understood before it failed."""

    def __init__(self) -> None:
        self.random = random.Random(20261123)
        self.heard: defaultdict[str, list[str]] = defaultdict(list)
        self.state: dict[str, Any] = {}
        self.failed = 0

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        fails, understands = self.random.random() < 0.3, self.random.random() < 0.5
        if understands or not fails:
            self._understand(headers["request-id"], json.loads(body)["data"])
        self.failed += fails
        return (self.random.choice([500, 404, 302, 429]), {}) if fails else (200, {})

    def _understand(self, request_id: str, data: dict[str, Any]) -> None:
        if request_id not in self.heard[data["id"]]:
            self.heard[data["id"]].append(request_id)
            self.state[data["id"]] = data


def advance(order: Order, status: str) -> None:
    now = timezone.now()
    record_step(order.pk, Parcel(carrier="USPS"), Step(status, now), now=now)
    plan_deliveries(order.pk, up_to=Order.objects.get(pk=order.pk).sequence, now=now)


def pass_time() -> None:
    """Let every pause be over."""
    Delivery.objects.filter(status="pending").update(due_at=timezone.now() - timedelta(seconds=1))
    Endpoint.objects.update(open_until=None)


def test_nothing_is_missing_in_the_end(
    agent: Agent, secret: str, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgetful = Forgetful()
    monkeypatch.setattr(listening, "take", forgetful.take)
    orders = [placed_order(1, agent=agent) for _ in range(10)]
    for order in orders:
        plan_deliveries(order.pk, up_to=1, now=timezone.now())
    deliver_due()
    for status in ("shipped", "in_transit", "delivered"):
        for order in orders:
            advance(order, status)
        pass_time()
        deliver_due()

    for _ in range(200):
        if not Delivery.objects.filter(status="pending").exists():
            break
        pass_time()
        deliver_due()

    revision = agent.merchant.revision
    for order in orders:
        planned = Delivery.objects.filter(order=order).order_by("sequence").values_list("pk", flat=True)
        _, ours = order_event_bodies(order.pk, merchant_revision=revision)
        assert forgetful.heard[order.pk] == list(planned)
        assert forgetful.state[order.pk] == json.loads(ours)["data"]
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}
    assert DeliveryAttempt.objects.exclude(status=200).count() == forgetful.failed > 5
