"""What agent and shop can do together, and how to pay (CAP-*, PH-*, EXT-*)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Variant
from tests.api import AcpClient
from tests.factories import VariantFactory
from tests.stripe_account import StripeAccount


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant)


@pytest.mark.parametrize(
    ("capabilities", "shared"),
    [
        ({}, []),
        ({"interventions": {"supported": []}}, []),
        ({"interventions": {"supported": ["3ds", "biometric"], "display_context": "native"}}, ["3ds"]),
        ({"interventions": {"supported": ["retina_scan"]}, "payment": {"handlers": []}, "x_new": 1}, []),
        ({"extensions": ["discount", "com.example.nope"]}, []),
        ({"extensions": [{"name": "discount"}]}, []),
    ],
)
def test_answers_any_capabilities_with_ours(
    acp: AcpClient, tote: Variant, capabilities: dict[str, Any], shared: list[str]
) -> None:
    session = acp.create(tote.pk, capabilities=capabilities)

    ours = session.body["capabilities"]
    assert ours["interventions"] == {"supported": shared}
    assert [handler["id"] for handler in ours["payment"]["handlers"]] == ["card_tokenized"]
    assert [extension["name"] for extension in ours["extensions"]] == ["discount"]
    assert set(ours) == {"payment", "interventions", "extensions"}


def test_every_answer_names_capabilities(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> None:
    session = acp.create(tote.pk)
    session_id = session.body["id"]

    answers = [
        acp.read(session_id),
        acp.update(session_id, order_notes="x"),
        acp.complete(session_id, stripe_account.mint(session.total())),
        acp.cancel(acp.create(tote.pk).body["id"]),
    ]

    assert all(answer.body["capabilities"] == session.body["capabilities"] for answer in answers)


def test_the_handler_is_complete(acp: AcpClient, agent: Agent, merchant: Merchant, tote: Variant) -> None:
    (handler,) = acp.create(tote.pk).body["capabilities"]["payment"]["handlers"]

    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", handler["id"])
    assert re.fullmatch(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)+", handler["name"])
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", handler["version"])
    assert handler["requires_delegate_payment"] is True
    assert handler["requires_pci_compliance"] is False
    assert handler["instrument_schemas"]
    assert handler["config"] | {"accepted_brands": []} == {
        "merchant_id": merchant.payment_account,
        "psp": handler["psp"],
        "accepted_brands": [],
        "accepted_funding_types": ["credit", "debit", "prepaid"],
        "supports_3ds": True,
        "3ds_versions": ["2.1", "2.2"],
        "environment": "sandbox",
        "merchant_display_name": merchant.name,
        "delegate_id": agent.pk,
        "delegate_display_name": agent.name,
    }


def test_the_extension_says_what_it_extends(acp: AcpClient, tote: Variant) -> None:
    (extension,) = acp.create(tote.pk).body["capabilities"]["extensions"]

    assert extension["extends"] == [
        "$.CheckoutSessionCreateRequest.discounts",
        "$.CheckoutSessionUpdateRequest.discounts",
        "$.CheckoutSession.discounts",
    ]


@pytest.mark.parametrize("extensions", ["discount", [1], [{"title": "discount"}]])
def test_malformed_extensions_are_refused(acp: AcpClient, tote: Variant, extensions: Any) -> None:
    answer = acp.create(tote.pk, capabilities={"extensions": extensions})

    assert (answer.status, answer.body["type"]) == (400, "invalid_request")
    assert answer.body["param"].startswith("$.capabilities.extensions")
