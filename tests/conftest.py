"""A shop, an agent with a key, and Stripe test mode: a real process, with an account of its own per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from commerce.accounts.models import Agent, Merchant
from commerce.accounts.services import issue_key
from commerce.catalog.models import Variant
from commerce.embedded import EmbeddedStripeSandbox
from commerce.fulfillment.models import FulfillmentMethod
from commerce.payments.connections import forget_connections
from commerce.payments.gateway import forget_gateway
from tests.api import AcpClient
from tests.challenge import CARD, Challenged
from tests.clock import LONG_AGO, processes_start_at
from tests.factories import (
    AgentFactory,
    FulfillmentMethodFactory,
    MerchantFactory,
    ShippingZoneFactory,
    TaxRateFactory,
    VariantFactory,
)
from tests.purchase import Counter, Purchase
from tests.stripe_account import StripeAccount

pytest_plugins = ["tests.environment", "tests.second_runs"]


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Stripe sandbox process that lives as long as the tests of this worker."""
    sandbox = EmbeddedStripeSandbox(Path(tmp_path_factory.mktemp("stripe")))
    with processes_start_at(LONG_AGO, tmp_path_factory.mktemp("clocks")):
        url = sandbox.attach()
    yield url
    sandbox.detach()


@pytest.fixture
def stripe_account(sandbox_url: str, settings: Settings) -> Iterator[StripeAccount]:
    """A fresh account, configured as the shop's payment provider."""
    account = StripeAccount.open(sandbox_url)
    settings.STRIPE_SECRET_KEY = account.key
    settings.STRIPE_API_BASE = sandbox_url
    settings.STRIPE_EMBEDDED_SANDBOX = False
    forget_gateway()
    forget_connections()
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


@pytest.fixture
def counter(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> Counter:
    return Counter(acp, merchant, stripe_account)


@pytest.fixture
def bought(counter: Counter) -> Purchase:
    """Authorized, not captured yet."""
    return counter.buy()


@pytest.fixture
def paid(bought: Purchase) -> Purchase:
    """Captured."""
    bought.settle()
    assert bought.attempt().status == "captured"
    return bought


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2400, stock__on_hand=10)


@pytest.fixture
def challenged(acp: AcpClient, tote: Variant, stripe_account: StripeAccount) -> Challenged:
    """Two totes, and a card whose issuer asks the buyer to authenticate."""
    session = acp.create({"id": tote.pk, "quantity": 2}, capabilities={"interventions": {"supported": ["3ds"]}})
    return Challenged(acp, stripe_account, session, stripe_account.mint(session.total(), card=CARD))
