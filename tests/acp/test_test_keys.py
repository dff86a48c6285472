"""The key of a test purchase: it buys before the shop is live, and what it buys is marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.accounts.services import issue_key, issue_test_key, revoke_key
from commerce.orders.models import Order
from tests.api import VERSION, AcpClient
from tests.factories import VariantFactory
from tests.stripe_account import StripeAccount

SOON = timedelta(minutes=15)


@pytest.fixture
def paused(merchant: Merchant) -> Merchant:
    merchant.status = Merchant.Status.PAUSED
    merchant.save(update_fields=["status"])
    return merchant


def with_test_key(agent: Agent) -> AcpClient:
    return AcpClient(issue_test_key(agent, expires_at=timezone.now() + SOON)[1])


def status_of(token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "API-Version": VERSION}
    return AcpClient(token).http.get("/catalog/search", headers=headers).status_code


def test_only_a_test_key_buys_while_the_shop_is_paused(
    agent: Agent, paused: Merchant, stripe_account: StripeAccount
) -> None:
    variant = VariantFactory.create(merchant=paused)
    _, token = issue_key(agent)

    session = with_test_key(agent).create(variant.pk)
    done = with_test_key(agent).complete(session.body["id"], stripe_account.mint(session.total()))

    assert status_of(token) == 403
    assert done.body["status"] == "completed"
    assert Order.objects.get().is_test is True


def test_what_others_buy_is_no_test(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> None:
    session = acp.create(VariantFactory.create(merchant=merchant).pk)

    acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert Order.objects.get().is_test is False


def test_a_new_test_key_takes_the_place_of_the_one_before(agent: Agent, paused: Merchant) -> None:
    _, first = issue_test_key(agent, expires_at=timezone.now() + SOON)
    key, second = issue_test_key(agent, expires_at=timezone.now() + SOON)

    assert (status_of(first), status_of(second)) == (401, 200)
    revoke_key(key, now=timezone.now())
    assert status_of(second) == 401
    assert AgentKey.objects.filter(agent=agent, is_test=True).count() == 1


def test_a_test_key_ends_with_its_time_and_with_its_agent(agent: Agent, paused: Merchant) -> None:
    _, late = issue_test_key(agent, expires_at=timezone.now() - SOON)
    assert status_of(late) == 401

    _, token = issue_test_key(agent, expires_at=timezone.now() + SOON)
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    assert status_of(token) == 403
