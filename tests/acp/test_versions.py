"""Which version is spoken (VER-*)."""

from __future__ import annotations

import pytest

from commerce.accounts.models import Merchant
from tests.api import AcpClient
from tests.factories import VariantFactory


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (None, "missing_api_version"),
        ("", "missing_api_version"),
        ("1999-01-01", "unsupported_api_version"),
        ("latest", "unsupported_api_version"),
        ("2025-09-29", "unsupported_api_version"),
    ],
)
def test_says_which_versions_are_supported(acp: AcpClient, version: str | None, code: str) -> None:
    answer = acp.post("/checkout_sessions", {}, headers={"API-Version": version})

    assert (answer.status, answer.body["type"], answer.body["code"]) == (400, "invalid_request", code)
    assert answer.body["supported_versions"] == ["2026-04-17"]


def test_a_session_names_the_version_in_force(acp: AcpClient, merchant: Merchant) -> None:
    session = acp.create(VariantFactory.create(merchant=merchant).pk)

    assert session.body["protocol"] == {"version": "2026-04-17"}


def test_a_refused_version_does_not_use_up_the_key(acp: AcpClient, merchant: Merchant) -> None:
    body = {
        "currency": "usd",
        "line_items": [{"id": VariantFactory.create(merchant=merchant).pk}],
        "capabilities": {},
    }

    refused = acp.post("/checkout_sessions", body, key="k", headers={"API-Version": "1999-01-01"})
    accepted = acp.post("/checkout_sessions", body, key="k")

    assert (refused.status, accepted.status) == (400, 201)
