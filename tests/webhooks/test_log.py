"""What was sent and what came back can be read afterwards, by whoever has to find out what went wrong."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from agents.webhooks.claiming import claim
from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery, DeliveryAttempt
from agents.webhooks.recording import record
from agents.webhooks.services import plan_deliveries, register_endpoint
from commerce.accounts.models import Agent
from commerce.outgoing.sending import Answer
from tests.orders.building import placed_order
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


def plan(agent: Agent) -> None:
    plan_deliveries(placed_order(1, agent=agent).pk, up_to=1, now=timezone.now())


def test_a_try_is_kept_with_all_that_was_said(agent: Agent, secret: str, listening: Receiver) -> None:
    plan(agent)
    listening.answers = [(404, {"X-Trace": "abc", "Set-Cookie": "session=1"})]

    deliver_due()

    attempt = DeliveryAttempt.objects.get()
    ((headers, _),) = listening.received
    sent, answered = attempt.sent_headers or {}, attempt.answer_headers or {}
    assert (attempt.status, attempt.error, attempt.address, attempt.answer) == (404, "", "127.0.0.1", "{}")
    assert sent["Merchant-Signature"] == headers["merchant-signature"]
    assert sent["webhook-id"] == Delivery.objects.get().pk
    assert answered["X-Trace"] == "abc"
    assert "Set-Cookie" not in answered
    assert secret not in str(DeliveryAttempt.objects.values().get())


def test_what_cannot_be_sent_is_kept_too(agent: Agent, settings: Settings) -> None:
    register_endpoint(agent, "https://localhost:1/hook")
    plan(agent)

    deliver_due()

    attempt = DeliveryAttempt.objects.get()
    assert (attempt.status, attempt.address, attempt.answer) == (None, "", "")
    assert attempt.error == "ForbiddenUrlError: The host has an address that is not public."


def test_what_cannot_be_signed_is_a_failed_try(
    agent: Agent, secret: str, listening: Receiver, settings: Settings
) -> None:
    plan(agent)
    settings.SEALING_KEYS = ["another key"]

    deliver_due()

    assert DeliveryAttempt.objects.get().error == "it cannot be signed: SealBrokenError"
    assert (Delivery.objects.get().tries, Delivery.objects.get().leased_until) == (1, None)
    assert listening.received == []


def test_the_log_is_read_in_the_admin_as_plain_text(client: Client, agent: Agent, secret: str) -> None:
    client.force_login(User.objects.create_superuser("chief", password="a long password"))
    plan(agent)
    (due,) = claim(now=timezone.now(), limit=1)
    record(due, Answer(500, text="<script>alert(1)</script>", sent={"Request-Id": due.id}), now=timezone.now())

    html = client.get(f"/admin/webhooks/delivery/{due.id.replace('_', '_5F')}/change/").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert(1)" not in html
    assert "order_create" in html
    assert "&quot;line_items&quot;" in html
    assert 'name="_save"' not in html
    assert secret not in html
