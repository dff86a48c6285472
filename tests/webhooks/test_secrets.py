"""A secret gives way to another at a time that both sides know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery, Endpoint
from agents.webhooks.services import new_secret, plan_deliveries, plan_secret, register_endpoint
from commerce.accounts.models import Agent
from commerce.signatures import SignatureError, verify
from tests.merchants.staff import logged_in
from tests.orders.building import placed_order
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def verified_with(listening: Receiver, *secrets: str) -> list[tuple[bool, bool]]:
    """Whether what came last verifies with each secret: by the protocol, by Standard Webhooks."""
    headers, body = listening.received[-1]
    return [(_is_signed(headers, body, secret), _is_standard(headers, body, secret)) for secret in secrets]


def _is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    try:
        verify(body, header=headers["merchant-signature"], secrets=[secret], now=int(timezone.now().timestamp()))
    except SignatureError:
        return False
    return True


def _is_standard(headers: dict[str, str], body: bytes, secret: str) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def send_one(agent: Agent) -> None:
    plan_deliveries(placed_order(1, agent=agent).pk, up_to=1, now=timezone.now())
    assert deliver_due() == 1


def test_the_present_secret_signs_until_the_planned_one_takes_its_place(agent: Agent, listening: Receiver) -> None:
    endpoint, old = register_endpoint(agent, listening.url)
    now = timezone.now()
    new = plan_secret(endpoint, valid_from=now + HOUR, now=now)

    send_one(agent)
    before = verified_with(listening, old, new)
    Endpoint.objects.update(planned_secret_at=now)
    send_one(agent)
    after = verified_with(listening, old, new)

    assert before == [(True, True), (False, True)]
    assert after == [(False, False), (True, True)]


def test_a_repetition_after_the_change_is_signed_anew(agent: Agent, listening: Receiver) -> None:
    endpoint, _ = register_endpoint(agent, listening.url)
    now = timezone.now()
    new = plan_secret(endpoint, valid_from=now + HOUR, now=now)
    plan_deliveries(placed_order(1, agent=agent).pk, up_to=1, now=now)
    listening.answers = [(500, {})]

    deliver_due()
    Endpoint.objects.update(planned_secret_at=now)
    Delivery.objects.update(due_at=now)
    deliver_due()

    assert verified_with(listening, new) == [(True, True)]


def test_secrets_follow_each_other(agent: Agent, listening: Receiver) -> None:
    endpoint, first = register_endpoint(agent, listening.url)
    now = timezone.now()
    void = plan_secret(endpoint, valid_from=now + HOUR, now=now)
    second = plan_secret(endpoint, valid_from=now + HOUR, now=now)
    third = plan_secret(endpoint, valid_from=now + 3 * HOUR, now=now + 2 * HOUR)

    send_one(agent)

    standing = verified_with(listening, first, void, second, third)
    assert standing == [(False, False), (False, False), (True, True), (False, True)]


def test_a_secret_that_is_valid_at_once_voids_all_others(agent: Agent, listening: Receiver) -> None:
    endpoint, first = register_endpoint(agent, listening.url)
    now = timezone.now()
    planned = plan_secret(endpoint, valid_from=now + HOUR, now=now)
    new = new_secret(endpoint)

    send_one(agent)

    assert verified_with(listening, first, planned, new) == [(False, False), (False, False), (True, True)]


@pytest.fixture
def chief(client: Client) -> Client:
    return logged_in(client, User.objects.create_superuser("chief", password="a long password"))


def plan_page(endpoint: Endpoint) -> str:
    return f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/plan_secret/"


@pytest.mark.parametrize(
    ("typed", "text"), [("2030-01-02 03:04", "until 2030-01-02 03:04 UTC"), ("", "one before it signs until")]
)
def test_staff_plan_a_secret(chief: Client, agent: Agent, typed: str, text: str) -> None:
    endpoint, old = register_endpoint(agent, "https://agent.example/orders")

    html = chief.post(plan_page(endpoint), {"valid_from": typed}).content.decode()

    endpoint.refresh_from_db()
    assert text in html
    assert "whsec_" in html
    assert old not in html
    assert endpoint.planned_secret_at is not None
    if not typed:
        day = endpoint.planned_secret_at - timezone.now()
        assert timedelta(hours=23, minutes=59) < day <= timedelta(hours=24)


def test_a_time_that_cannot_be_read_changes_nothing(chief: Client, agent: Agent) -> None:
    endpoint, _ = register_endpoint(agent, "https://agent.example/orders")

    html = chief.post(plan_page(endpoint), {"valid_from": "tomorrow"}).content.decode()

    endpoint.refresh_from_db()
    assert "Enter a valid date/time." in html
    assert "whsec_" not in html
    assert endpoint.planned_secret_at is None
