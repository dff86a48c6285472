"""A shop, an agent with a key, and Stripe test mode: a real process, with an account of its own per test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stripe
import urllib3
from pytest_django import Settings

from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import issue_key
from commerce.embedded import EmbeddedStripeSandbox
from commerce.fulfillment.models import FulfillmentMethod
from commerce.payments.gateway import forget_gateway
from tests.api import AcpClient
from tests.factories import (
    AgentFactory,
    FulfillmentMethodFactory,
    MerchantFactory,
    ShippingZoneFactory,
    TaxRateFactory,
)


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Stripe sandbox process that lives as long as the tests of this worker."""
    sandbox = EmbeddedStripeSandbox(Path(tmp_path_factory.mktemp("stripe")))
    yield sandbox.attach()
    sandbox.detach()


@dataclass(slots=True)
class StripeAccount:
    """One account of the sandbox: what agents mint, and what the ledger says happened."""

    base: str
    key: str

    def mint(
        self,
        amount: int,
        *,
        card: str = "pm_card_visa",
        currency: str = "usd",
        expires_at: int | None = None,
    ) -> str:
        """Return a shared payment token that allows one charge up to an amount."""
        limits: dict[str, Any] = {"currency": currency, "max_amount": amount}
        if expires_at is not None:
            limits["expires_at"] = expires_at
        token = self._client().raw_request(
            "post",
            "/v1/test_helpers/shared_payment/granted_tokens",
            payment_method=card,
            usage_limits=limits,
            stripe_version="2026-04-22.preview",
        )
        return str(token.data["id"])

    def revoke(self, token: str) -> None:
        path = f"/v1/test_helpers/shared_payment/granted_tokens/{token}/revoke"
        self._client().raw_request("post", path, stripe_version="2026-04-22.preview")

    def ledger(self) -> list[tuple[str, int]]:
        """Return (entry, amount) of everything that ever happened to money, in order."""
        answer = urllib3.request("GET", f"{self.base}/_sandbox/ledger?key={self.key}").json()
        return [(row["entry"], row["amount"]) for row in answer["rows"]]

    def intents(self) -> list[stripe.PaymentIntent]:
        return list(self._client().v1.payment_intents.list({"limit": 100}).auto_paging_iter())

    def _client(self) -> stripe.StripeClient:
        return stripe.StripeClient(self.key, base_addresses={"api": self.base})


@pytest.fixture
def stripe_account(sandbox_url: str, settings: Settings) -> Iterator[StripeAccount]:
    """A fresh account, configured as the shop's payment provider."""
    account = StripeAccount(sandbox_url, f"sk_test_{uuid.uuid4().hex}")
    settings.STRIPE_SECRET_KEY = account.key
    settings.STRIPE_API_BASE = sandbox_url
    settings.STRIPE_EMBEDDED_SANDBOX = False
    forget_gateway()
    yield account
    forget_gateway()


@pytest.fixture
def merchant(db: None) -> Merchant:
    """Harbor Supply of San Francisco: 7.25 % tax in California, standard and express shipping in the US."""
    merchant = MerchantFactory.create()
    zone = ShippingZoneFactory.create(merchant=merchant)
    FulfillmentMethodFactory.create(merchant=merchant, zone=zone, title="Standard", rate=500)
    FulfillmentMethodFactory.create(
        merchant=merchant, zone=zone, title="Express", rate=1500, min_days=1, max_days=2
    )
    TaxRateFactory.create(merchant=merchant)
    return merchant


@pytest.fixture
def agent(merchant: Merchant) -> Agent:
    return AgentFactory.create(merchant=merchant)


@pytest.fixture
def acp(agent: Agent) -> AcpClient:
    """An agent that may do everything at the merchant's."""
    _, token = issue_key(agent)
    return AcpClient(token)


@pytest.fixture
def stranger(db: None) -> AcpClient:
    """An agent of another merchant."""
    _, token = issue_key(AgentFactory.create())
    return AcpClient(token)


def method_id(merchant: Merchant, title: str) -> str:
    return FulfillmentMethod.objects.get(merchant=merchant, title=title).pk
