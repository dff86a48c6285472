"""The log of deliveries ends some day, and nothing is told twice for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery, DeliveryAttempt
from agents.webhooks.replays import replay
from agents.webhooks.retention import forget_old
from agents.webhooks.services import plan_deliveries
from commerce.accounts.models import Agent
from tests.orders.building import placed_order
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

MONTH = timedelta(days=31)


def test_old_deliveries_are_emptied_and_stay_told(agent: Agent, secret: str, listening: Receiver) -> None:
    order, now = placed_order(1, agent=agent), timezone.now()
    plan_deliveries(order.pk, up_to=1, now=now)
    deliver_due()
    first = bytes(Delivery.objects.get().body)

    assert [forget_old(now=now), forget_old(now=now + MONTH), forget_old(now=now + MONTH)] == [0, 1, 0]

    assert bytes(Delivery.objects.get().body) == b""
    assert not DeliveryAttempt.objects.exists()
    assert plan_deliveries(order.pk, up_to=1, now=now + MONTH) == 0
    assert replay(Delivery.objects.all(), now=timezone.now()) == 1
    deliver_due()
    assert [body for _, body in listening.received] == [first, first]


@pytest.mark.parametrize("status", ["pending", "dead"])
def test_what_was_never_heard_is_kept(agent: Agent, secret: str, status: str) -> None:
    order, now = placed_order(1, agent=agent), timezone.now()
    plan_deliveries(order.pk, up_to=1, now=now)
    Delivery.objects.update(status=status)

    assert forget_old(now=now + MONTH) == 0
    assert bytes(Delivery.objects.get().body) != b""
