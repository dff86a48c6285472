"""What was given up is sent again when somebody asks, and never takes an order back to what it was."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery, Endpoint
from agents.webhooks.replays import replay
from agents.webhooks.services import plan_deliveries, register_endpoint
from commerce.accounts.models import Agent
from commerce.fulfillment.services import Parcel, Step, record_step
from commerce.orders.models import Order
from tests.factories import AgentFactory
from tests.orders.building import placed_order
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


def planned(agent: Agent, *, up_to: int = 1) -> Order:
    order = placed_order(1, agent=agent)
    for _ in range(1, up_to):
        record_step(order.pk, Parcel(), Step("shipped", timezone.now()), now=timezone.now())
    plan_deliveries(order.pk, up_to=up_to, now=timezone.now())
    return order


def run(**options: object) -> str:
    printed = StringIO()
    call_command("replay_webhooks", stdout=printed, **options)
    return printed.getvalue().strip()


def test_an_early_update_that_comes_late_says_what_is_so_now(
    agent: Agent, secret: str, listening: Receiver
) -> None:
    planned(agent, up_to=2)
    Delivery.objects.filter(sequence=1).update(status="dead")
    deliver_due()

    assert replay(Delivery.objects.filter(status="dead"), now=timezone.now()) == 1
    deliver_due()

    (first, update), (second, create) = listening.received
    assert json.loads(create)["type"] == "order_create"
    assert json.loads(create)["data"] == json.loads(update)["data"]
    assert first["request-id"] != second["request-id"]


def test_replays_of_an_order_keep_their_order(agent: Agent, secret: str, listening: Receiver) -> None:
    planned(agent, up_to=2)
    deliver_due()

    replay(Delivery.objects.all(), now=timezone.now())
    deliver_due()

    kinds = [json.loads(body)["type"] for _, body in listening.received]
    assert kinds == ["order_create", "order_update"] * 2
    assert [Delivery.objects.filter(status=status).count() for status in ("pending", "delivered")] == [0, 2]


def test_the_command_takes_what_fulfils_every_condition(agent: Agent, secret: str, listening: Receiver) -> None:
    mine, other = planned(agent), planned(agent)
    stranger = AgentFactory.create()
    register_endpoint(stranger, listening.url)
    planned(stranger)
    Delivery.objects.filter(order=other).update(created_at=timezone.now() - timedelta(days=9))
    deliver_due()
    endpoint = Endpoint.objects.get(agent=agent).pk
    Delivery.objects.filter(order=mine).update(status="dead")
    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

    sent = [
        run(dead=True, order=other.number),
        run(endpoint=endpoint, since=yesterday),
        run(order=other.number),
        run(endpoint=endpoint),
    ]

    assert sent == [
        "0 deliveries will be sent again.",
        "1 delivery will be sent again.",
        "1 delivery will be sent again.",
        "2 deliveries will be sent again.",
    ]
    assert set(Delivery.objects.values_list("order__agent", "status")) == {
        (agent.pk, "pending"),
        (stranger.pk, "delivered"),
    }


def test_a_delivery_is_sent_again_from_its_own_page(
    agent: Agent, secret: str, listening: Receiver, client: Client
) -> None:
    planned(agent)
    deliver_due()
    page = f"/admin/webhooks/delivery/{quote(Delivery.objects.get().pk)}/change/"
    clerk = User.objects.create_user("clerk", password="a long password", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_delivery"))

    client.force_login(clerk)
    shown_to_clerk = client.get(page).content.decode()
    client.force_login(User.objects.create_superuser("chief", password="a long password"))
    shown_to_chief = client.get(page).content.decode()
    form = dict(
        re.findall(r'<input type="hidden" name="(action|_selected_action)" value="([^"]+)">', shown_to_chief)
    )
    answer = client.post("/admin/webhooks/delivery/", form, follow=True).content.decode()

    assert "Send again" not in shown_to_clerk
    assert "1 will be sent again." in answer
    assert (deliver_due(), len(listening.received)) == (1, 2)


def test_the_command_wants_to_know_which() -> None:
    with pytest.raises(CommandError, match="Say which"):
        run()
    with pytest.raises(CommandError, match="2026-04-17"):
        run(since="yesterday")
