"""A test event: sent at once, signed like every other, and said of what was answered."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote
from django.utils import timezone
from standardwebhooks import Webhook

from agents.webhooks.endpoint_tests import send_test_event
from agents.webhooks.models import Delivery, Endpoint, EndpointTest
from agents.webhooks.readiness import look_at_endpoints
from agents.webhooks.services import disable_endpoint, register_endpoint
from commerce.accounts.models import Agent
from commerce.signatures import verify
from tests.merchants.staff import member
from tests.official_schemas import check_schema
from tests.receiver import Receiver
from tests.webhooks.test_delivery import EVENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(agent: Agent, secret: str) -> Endpoint:
    return Endpoint.objects.get(agent=agent)


def state(agent: Agent) -> tuple[str, str, tuple[str, ...]]:
    found = look_at_endpoints(agent.merchant, timezone.now())
    return found.state, found.words, found.details


def test_it_looks_and_is_signed_like_an_order_event(endpoint: Endpoint, secret: str, listening: Receiver) -> None:
    send_test_event(endpoint, now=timezone.now())

    ((headers, body),) = listening.received
    told = json.loads(body)
    check_schema(told, EVENT)
    verify(body, header=headers["merchant-signature"], secrets=[secret], now=int(timezone.now().timestamp()))
    Webhook(secret).verify(body, headers)
    assert (told["type"], told["data"]["status"]) == ("order_update", "canceled")
    assert told["data"]["confirmation"]["order_notes"].endswith("There is no such order.")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (200, ("ok", "The endpoint hears.", ())),
        (404, ("missing", "No endpoint takes what is sent to it.", "it answers 404")),
        (500, ("missing", "No endpoint takes what is sent to it.", "it answers 500")),
    ],
)
def test_what_is_answered_is_judged(
    endpoint: Endpoint, listening: Receiver, answer: int, expected: tuple[str, str, str]
) -> None:
    assert state(endpoint.agent)[0] == "unknown"
    listening.answers = [(answer, {})]

    test = send_test_event(endpoint, now=timezone.now())

    found = state(endpoint.agent)
    assert (test.status, found[:2]) == (answer, expected[:2])
    assert not found[2] or found[2] == (f"{listening.url}: {expected[2]}",)


def test_an_address_of_our_own_network_is_not_called(endpoint: Endpoint, settings: object) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(url="https://127.0.0.1/hooks")
    endpoint.refresh_from_db()

    test = send_test_event(endpoint, now=timezone.now())

    assert test.status is None
    assert test.error


def test_a_second_test_takes_the_place_of_the_first(endpoint: Endpoint, listening: Receiver) -> None:
    listening.answers = [(500, {}), (202, {})]

    for _ in range(2):
        send_test_event(endpoint, now=timezone.now())

    assert EndpointTest.objects.get().status == 202
    assert len({headers["request-id"] for headers, _ in listening.received}) == 2


def test_without_an_endpoint_nobody_hears(agent: Agent) -> None:
    assert state(agent)[0] == "missing"


def test_endpoints_that_do_not_hear_are_named(endpoint: Endpoint, listening: Receiver) -> None:
    send_test_event(endpoint, now=timezone.now())
    other, _ = register_endpoint(endpoint.agent, f"{listening.url}/other")
    untried = state(endpoint.agent)
    disable_endpoint(other, reason="it answered 410 Gone", now=timezone.now())

    assert untried == ("warning", "1 of 2 endpoints hear.", (other.url,))
    assert state(endpoint.agent)[2] == (f"{other.url}: it is switched off (it answered 410 Gone)",)


def test_failures_since_the_test_count(endpoint: Endpoint, listening: Receiver) -> None:
    send_test_event(endpoint, now=timezone.now() - timedelta(hours=1))
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=3)

    assert state(endpoint.agent)[2] == (f"{endpoint.url}: the last 3 events failed",)


def test_the_page_sends_it_and_shows_the_answer(endpoint: Endpoint, listening: Receiver) -> None:
    browser = member(endpoint.agent.merchant, "owner")
    url = f"/admin/webhooks/endpoint/{quote(endpoint.pk)}/try_out/"
    listening.answers = [(418, {})]

    assert browser.get(url).status_code == 200
    assert listening.received == []
    page = browser.post(url, follow=True).content.decode()

    assert "It answered 418, and not with a 2xx" in page
    assert len(listening.received) == 1
    assert member(endpoint.agent.merchant, "manager").post(url).status_code == 403
    assert len(listening.received) == 1
