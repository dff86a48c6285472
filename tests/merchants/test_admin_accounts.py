from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone

from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.accounts.services import authenticate, issue_key
from tests.factories import (
    AgentFactory,
    MerchantFactory,
)
from tests.merchants.admin_forms import formset, refused

pytestmark = pytest.mark.django_db


def merchant_data(**changes: Any) -> dict[str, Any]:
    data = {
        "name": "Harbor Supply",
        "slug": "harbor",
        "status": "active",
        "currency": "usd",
        "time_zone": "America/Los_Angeles",
        "country": "US",
        "payment_account": "acct_1",
        "capture": "manual",
        "low_stock_threshold": 3,
        "return_days": 14,
    }
    return {**data, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time_zone": "Mars/Base"}, "Select a valid choice."),
        ({"currency": "dogecoin"}, "Select a valid choice."),
        ({"country": "usa"}, "at most 2 characters"),
        ({"country": "xx"}, "Not ISO 3166-1 alpha-2 codes such as US: XX."),
        ({"slug": "taken"}, "already exists"),
        ({"support_email": "nobody"}, "Enter a valid email address."),
        ({"payment_account": ""}, "This field is required."),
        ({"name": "Win at https://evil.example"}, "one line, and no web address"),
    ],
)
def test_bad_merchant_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    MerchantFactory.create(slug="taken")

    refused(chief.post("/admin/accounts/merchant/add/", merchant_data(**changes)), words)


def test_a_merchant_can_be_added_in_another_currency_after_one_was_looked_at(chief: Client) -> None:
    other = MerchantFactory.create(currency="usd")
    assert chief.get(f"/admin/accounts/merchant/{quote(other.pk)}/change/").status_code == 200

    assert chief.post("/admin/accounts/merchant/add/", merchant_data(currency="eur")).status_code == 302

    assert Merchant.objects.get(slug="harbor").currency == "eur"


def test_merchants_revision_and_currency_are_not_written_back(chief: Client) -> None:
    merchant = MerchantFactory.create(slug="harbor", name="Harbor", currency="usd")
    Merchant.objects.filter(pk=merchant.pk).update(revision=50, sealed_fulfillment_secret=b"sealed")

    url = f"/admin/accounts/merchant/{quote(merchant.pk)}/change/"
    assert chief.post(url, merchant_data(name="Renamed", currency="eur")).status_code == 302

    merchant.refresh_from_db()
    assert (merchant.name, merchant.currency, merchant.revision) == ("Renamed", "usd", 51)
    assert merchant.sealed_fulfillment_secret == b"sealed"


def test_agent_name_is_taken_once_per_merchant(chief: Client) -> None:
    agent = AgentFactory.create(name="Helper")
    data = {"merchant": agent.merchant_id, "name": "Helper", "is_active": "on", **formset("keys")}

    refused(chief.post("/admin/accounts/agent/add/", data), "already exists")
    assert Agent.objects.count() == 1


def key_data(agent: Agent, **changes: Any) -> dict[str, Any]:
    return {"agent": agent.pk, "scopes": ["catalog", "checkout"], "limit_per_order_minor": "200.00", **changes}


def test_new_key_is_shown_once(chief: Client) -> None:
    agent = AgentFactory.create()

    response = chief.post("/admin/accounts/agentkey/add/", key_data(agent))

    key = AgentKey.objects.get()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    html = response.content.decode()
    token = html.partition("<code>")[2].partition("</code>")[0]
    caller = authenticate(token, now=timezone.now())
    assert (caller.key_id, caller.agent_id) == (key.pk, agent.pk)
    assert (caller.scopes, caller.limit_per_order_minor) == (("catalog", "checkout"), 20_000)
    for page in (
        f"agentkey/{quote(key.pk)}/change/",
        "agentkey/",
        f"agent/{quote(agent.pk)}/change/",
        f"agentkey/{quote(key.pk)}/history/",
    ):
        later = chief.get(f"/admin/accounts/{page}").content.decode()
        assert token not in later
        assert key.secret_hash not in later


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scopes": []}, "This field is required."),
        ({"scopes": ["everything"]}, "Select a valid choice."),
        ({"limit_per_order_minor": "0"}, "greater than or equal to 1"),
        ({"limit_per_day_minor": "a lot"}, "'a lot' is not a number"),
    ],
)
def test_bad_key_is_a_form_error(chief: Client, changes: dict[str, Any], words: str) -> None:
    refused(chief.post("/admin/accounts/agentkey/add/", key_data(AgentFactory.create(), **changes)), words)
    assert not AgentKey.objects.exists()


def test_key_keeps_its_hash_when_its_limits_change(chief: Client) -> None:
    key, token = issue_key(AgentFactory.create())

    url = f"/admin/accounts/agentkey/{quote(key.pk)}/change/"
    assert chief.post(url, key_data(key.agent, limit_per_order_minor="50")).status_code == 302

    assert authenticate(token, now=timezone.now()).limit_per_order_minor == 5000
