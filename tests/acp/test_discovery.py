"""What an agent learns before it has a key (DSC-*)."""

from __future__ import annotations

import json

from django.test import Client
from pytest_django import Settings

from commerce.accounts.models import Merchant
from tests.api import AcpClient
from tests.official_schemas import check_shape


def test_is_public_and_fits_the_schema(merchant: Merchant) -> None:
    response = Client().get("/.well-known/acp.json")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "public, max-age=3600"
    check_shape(response.json(), "DiscoveryResponse")


def test_says_what_is_really_there(merchant: Merchant, acp: AcpClient, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example"

    body = Client().get("/.well-known/acp.json").json()

    assert body["protocol"]["supported_versions"][-1] == body["protocol"]["version"] == "2026-04-17"
    assert body["api_base_url"] == "https://shop.example/acp"
    assert body["transports"] == ["rest"]
    assert body["capabilities"]["services"] == ["checkout", "orders", "carts"]
    assert body["capabilities"]["supported_currencies"] == ["usd"]
    assert acp.post("/carts", {}).status == 400


def test_errors_name_the_same_versions(acp: AcpClient) -> None:
    refused = acp.get("/checkout_sessions/cs_x", headers={"API-Version": None})

    body = Client().get("/.well-known/acp.json").json()

    assert refused.body["supported_versions"] == body["protocol"]["supported_versions"][::-1]


def test_names_no_merchant_and_no_provider(merchant: Merchant) -> None:
    text = json.dumps(Client().get("/.well-known/acp.json").json()).lower()

    for secret in (merchant.pk, merchant.slug, merchant.payment_account, "stripe", "card_tokenized"):
        assert secret.lower() not in text


def test_stays_the_same(merchant: Merchant) -> None:
    first, second = (Client().get("/.well-known/acp.json").content for _ in range(2))

    assert first == second


def test_reading_it_is_slowed_down(merchant: Merchant, settings: Settings) -> None:
    settings.DISCOVERY_REQUESTS_PER_MINUTE = 3

    answers = [Client(REMOTE_ADDR="192.0.2.7").get("/.well-known/acp.json") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1]["Retry-After"]) >= 1
    assert answers[-1].json()["code"] == "rate_limited"
