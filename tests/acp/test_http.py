"""Transport, headers, robustness (HTTP-*)."""

from __future__ import annotations

import json
import uuid

import pytest

from commerce.accounts.models import Merchant
from commerce.checkout.models import CheckoutSession
from tests.api import AcpClient
from tests.factories import VariantFactory


def test_echoes_the_ids_of_a_request(acp: AcpClient, merchant: Merchant) -> None:
    tote = VariantFactory.create(merchant=merchant)

    created = acp.post(
        "/checkout_sessions",
        {"currency": "usd", "line_items": [{"id": tote.pk}], "capabilities": {}},
        key="first-try",
        headers={"Request-Id": "req-7"},
    )
    read = acp.get(f"/checkout_sessions/{created.body['id']}", headers={"Request-Id": "req-8"})
    refused = acp.post("/checkout_sessions", {}, key="bad-try", headers={"Request-Id": "req-9"})

    assert (created.headers["request-id"], created.headers["idempotency-key"]) == ("req-7", "first-try")
    assert read.headers["request-id"] == "req-8"
    assert (refused.headers["request-id"], refused.headers["idempotency-key"]) == ("req-9", "bad-try")


def test_answers_are_not_cacheable(acp: AcpClient, merchant: Merchant) -> None:
    session = acp.create(VariantFactory.create(merchant=merchant).pk)

    assert session.headers["cache-control"] == "no-store"
    assert session.headers["api-version"] == "2026-04-17"


def test_optional_headers_change_nothing(acp: AcpClient, merchant: Merchant) -> None:
    tote = VariantFactory.create(merchant=merchant)
    headers: dict[str, str | None] = {
        "Accept-Language": "xx-YY, *;q=0",
        "Accept": "text/html",
        "User-Agent": "agent/1 (\x7f)",
        "Signature": "not-checked",
        "Timestamp": "yesterday",
    }

    session = acp.post(
        "/checkout_sessions",
        {"currency": "usd", "line_items": [{"id": tote.pk}], "capabilities": {}},
        headers=headers,
    )

    assert session.status == 201


def test_accepts_a_charset(acp: AcpClient, merchant: Merchant) -> None:
    body = {
        "currency": "usd",
        "line_items": [{"id": VariantFactory.create(merchant=merchant).pk}],
        "capabilities": {},
    }

    session = acp.post("/checkout_sessions", body, content_type="application/json; charset=utf-8")

    assert session.status == 201


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_refuses_another_content_type(acp: AcpClient, content_type: str) -> None:
    answer = acp.post("/checkout_sessions", {"currency": "usd"}, content_type=content_type)

    assert (answer.status, answer.body["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"currency": "usd"',
        b'{"currency": "usd"} trailing',
        b"",
        b"   ",
        b'{"currency": NaN}',
        b'{"currency": "\xff"}',
        b'{"currency": "\\ud800"}',
        b"[]",
        b'"x"',
        b"1",
        b"null",
        b"{" * 5000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
    ],
)
def test_refuses_what_is_no_json_object(acp: AcpClient, raw: bytes) -> None:
    answer = acp.post("/checkout_sessions", raw=raw)

    assert answer.status in (400, 415)
    assert answer.body["type"] == "invalid_request"
    assert CheckoutSession.objects.count() == 0


def test_refuses_an_oversized_body(acp: AcpClient) -> None:
    answer = acp.post("/checkout_sessions", raw=json.dumps({"order_notes": "x" * 5_000_000}).encode())

    assert (answer.status, answer.body["code"]) == (413, "too_large")


def test_names_the_place_of_a_nul_character(acp: AcpClient, merchant: Merchant) -> None:
    answer = acp.create(
        VariantFactory.create(merchant=merchant).pk, buyer={"email": "a@b.co", "last_name": "x\x00y"}
    )

    assert (answer.status, answer.body["param"]) == (400, "$.buyer.last_name")


def test_refuses_a_nul_character_in_a_key(acp: AcpClient, merchant: Merchant) -> None:
    answer = acp.create(VariantFactory.create(merchant=merchant).pk, metadata={"a\x00b": 1})

    assert answer.status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("POST", "/checkout_sessions/", 404),
        ("GET", "/checkout_sessions/cs_x/complete/more", 404),
        ("GET", "/checkout_sessions/%00", 404),
        ("GET", "/checkout_sessions/..%2f..%2fadmin", 404),
        ("DELETE", "/checkout_sessions", 405),
        ("PUT", "/checkout_sessions/cs_x", 405),
        ("GET", "/checkout_sessions/cs_x/complete", 405),
        ("PATCH", "/carts/cart_x", 405),
    ],
)
def test_unknown_addresses_and_methods(acp: AcpClient, method: str, path: str, status: int) -> None:
    answer = acp.send(method, path)

    assert answer.status == status
    assert answer.body["type"] == "invalid_request"
    if status == 405:
        assert answer.headers["allow"]


def test_unicode_survives(acp: AcpClient, merchant: Merchant) -> None:
    name = "Zoë 🧺 \u202e\u0645\u0631\u062d\u0628\u0627 e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467"
    buyer = {"email": "zoe@example.com", "first_name": name}

    session = acp.create(VariantFactory.create(merchant=merchant).pk, buyer=buyer)

    assert acp.read(session.body["id"]).body["buyer"]["first_name"] == name


def test_an_unexpected_failure_says_nothing_of_its_cause(
    acp: AcpClient, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("commerce.checkout.services.load_facts", explode)
    tote = VariantFactory.create(merchant=merchant)

    response = acp.http.generic(
        "POST",
        "/acp/checkout_sessions",
        json.dumps({"currency": "usd", "line_items": [{"id": tote.pk}], "capabilities": {}}),
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {acp.token}",
            "API-Version": "2026-04-17",
            "Idempotency-Key": uuid.uuid4().hex,
        },
    )

    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert b"secret detail" not in response.content
