"""Receivers check what comes with the protocol's signature or with any Standard Webhooks library."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils import timezone as clock
from standardwebhooks import Webhook, WebhookVerificationError

from agents.webhooks.services import random_secret
from agents.webhooks.signing import signed_headers
from commerce.signatures import verify

BODY = '{"type":"order_create","data":{"name":"Zo\u00eb"}}'.encode()
OLD, NEW = f"whsec_{'aZ09' * 10}", f"whsec_{'Qx37' * 10}"


def test_standard_webhooks_verifies_it() -> None:
    headers = signed_headers(BODY, request_id="evt_1", secrets=[OLD], now=clock.now())

    assert Webhook(OLD).verify(BODY, headers)["type"] == "order_create"
    assert headers["webhook-id"] == headers["Request-Id"] == "evt_1"
    for body, secret in ((BODY + b" ", OLD), (BODY, NEW)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


def test_both_signatures_are_of_the_same_moment_in_any_zone() -> None:
    now = datetime(2026, 11, 23, 14, 30, 5, 900_000, tzinfo=timezone(timedelta(hours=2)))

    headers = signed_headers(BODY, request_id="evt_1", secrets=[OLD], now=now)

    seconds = int(datetime(2026, 11, 23, 12, 30, 5, tzinfo=UTC).timestamp())
    assert headers["webhook-timestamp"] == str(seconds)
    assert headers["Merchant-Signature"].startswith(f"t={seconds},v1=")
    assert headers["Timestamp"] == "2026-11-23T12:30:05Z"
    assert headers["webhook-signature"] == Webhook(OLD).sign("evt_1", now.astimezone(UTC), BODY.decode())


def test_two_secrets_sign_for_standard_webhooks_and_the_first_for_the_protocol() -> None:
    now = clock.now()
    headers = signed_headers(BODY, request_id="evt_1", secrets=[OLD, NEW], now=now)

    for secret in (OLD, NEW):
        Webhook(secret).verify(BODY, headers)
    assert re.fullmatch(r"t=\d+,v1=[a-fA-F0-9]{64}", headers["Merchant-Signature"])
    verify(BODY, header=headers["Merchant-Signature"], secrets=[OLD], now=int(now.timestamp()))


def test_every_secret_is_a_key_of_30_bytes() -> None:
    for _ in range(50):
        assert len(Webhook(random_secret())._whsecret) == 30
