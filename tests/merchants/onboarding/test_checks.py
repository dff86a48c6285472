"""What each check finds is looked at for real: a page that opens, a price of delivery, a key that works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import AgentKey, Merchant
from commerce.accounts.services import issue_key, issue_test_key, revoke_key
from commerce.backoffice.readiness import Check, State, check_readiness_settings, checks
from commerce.catalog.models import Product
from commerce.fulfillment.models import FulfillmentRate
from commerce.payments.accounts import connect_account, use_installation_account
from commerce.payments.connections import forget_connections
from merchants.onboarding.checks.catalog import PRODUCTS
from merchants.onboarding.checks.people import ADDRESS, AGENT, TWO_FACTOR
from merchants.onboarding.checks.profile import POLICIES, PROFILE, SUPPORT
from merchants.onboarding.checks.terms import PAYMENTS, SHIPPING, TAX
from merchants.onboarding.samples import add_samples
from merchants.onboarding.tax_suggestions import suggestions_for
from merchants.onboarding.terms import FlatRate, TaxStandsError, add_home_delivery, add_taxes, declare_no_tax
from tests.factories import (
    AgentFactory,
    FulfillmentMethodFactory,
    MediaFactory,
    PickupLocationFactory,
    ShippingZoneFactory,
    TaxRateFactory,
    VariantFactory,
)
from tests.provider import wire_to
from tests.stripe_account import StripeAccount, secret_key

pytestmark = pytest.mark.django_db

STANDARD = FlatRate("Standard", 500, 2, 5)


def found(check: Check, shop: Merchant, *, asked: bool = False) -> tuple[str, str, tuple[str, ...]]:
    shop.refresh_from_db()
    if asked and check.probe:
        check.probe(shop, timezone.now())
    finding = check.look(shop, timezone.now())
    return finding.state, finding.words, finding.details


def test_every_check_leads_somewhere_and_has_a_name_of_its_own() -> None:
    known = checks()

    assert len({check.id for check in known}) == len(known) == 12
    assert all(check.title and check.why.endswith(".") for check in known)
    assert [check.id for check in known if not check.is_required] == ["two_factor", "address"]


def test_a_check_that_is_not_there_is_said_at_the_start(settings: Settings) -> None:
    settings.READINESS_CHECKS = ["merchants.onboarding.checks.people.AGENT", "merchants.nowhere.NOTHING"]

    assert [problem.id for problem in check_readiness_settings()] == ["backoffice.E002"]


def test_the_profile_knows_where_home_is(shop: Merchant) -> None:
    assert found(PROFILE, shop)[:2] == (
        "missing",
        "Where the shop is at home is not complete. Still to be said: the state or province and the postal code.",
    )

    Merchant.objects.filter(pk=shop.pk).update(region="CA", postal_code="94111")
    assert found(PROFILE, shop)[0] == "ok"

    Merchant.objects.filter(pk=shop.pk).update(country="IE", region="", postal_code="")
    assert found(PROFILE, shop)[0] == "ok"


def test_buyers_have_somebody_to_ask(shop: Merchant) -> None:
    assert found(SUPPORT, shop)[1] == "Buyers reach you at olive@harborsupply.example."

    Merchant.objects.filter(pk=shop.pk).update(support_email="")
    assert found(SUPPORT, shop)[0] == "missing"


@contextmanager
def website(answers: dict[str, tuple[int, str]]) -> Iterator[str]:
    """Run a website on this machine: a status, and where it leads on to, for each path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, location = answers.get(self.path, (404, ""))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_policy_pages_are_opened_as_a_visitor_would(shop: Merchant, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    assert found(POLICIES, shop)[0] == "missing"
    pages = {
        "/terms": (301, "/terms/"),
        "/terms/": (200, ""),
        "/privacy": (200, ""),
        "/loop": (302, "/loop"),
        "/away": (302, "https://10.0.0.1/"),
    }
    with website(pages) as site:
        Merchant.objects.filter(pk=shop.pk).update(terms_url=f"{site}/terms", privacy_url=f"{site}/privacy")
        assert found(POLICIES, shop)[0] == "unknown"
        assert found(POLICIES, shop, asked=True)[:2] == (
            "warning",
            "All pages open. Still to be named: Return policy, Shipping policy.",
        )
        Merchant.objects.filter(pk=shop.pk).update(
            privacy_url=f"{site}/gone", return_policy_url=f"{site}/loop", shipping_policy_url=f"{site}/away"
        )
        state, _, details = found(POLICIES, shop, asked=True)

    assert state == "missing"
    assert details[:2] == (
        "Privacy policy: It answers 404, not 200.",
        "Return policy: It leads on more than 3 times.",
    )
    assert details[2].startswith("Shipping policy: It does not open (The host has an address that is not public")


def test_pages_inside_our_own_network_are_not_opened(shop: Merchant) -> None:
    with website({"/terms": (200, "")}) as site:
        url = f"{site.replace('http:', 'https:')}/terms"
        Merchant.objects.filter(pk=shop.pk).update(terms_url=url, privacy_url=url)

        assert found(POLICIES, shop, asked=True)[0] == "missing"


def test_another_page_has_to_be_opened_again(shop: Merchant, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with website({"/a": (200, ""), "/b": (200, "")}) as site:
        Merchant.objects.filter(pk=shop.pk).update(terms_url=f"{site}/a", privacy_url=f"{site}/a")
        found(POLICIES, shop, asked=True)
        Merchant.objects.filter(pk=shop.pk).update(terms_url=f"{site}/b")

        assert found(POLICIES, shop)[0] == "unknown"


def test_products_have_a_price_and_are_in_stock(shop: Merchant) -> None:
    assert found(PRODUCTS, shop)[1] == "Nothing is offered yet. Add a product, or read a file of them."

    tote = VariantFactory.create(merchant=shop, stock__on_hand=0)
    assert found(PRODUCTS, shop)[1].startswith("Nothing can be bought")

    tote.stock.on_hand = 3
    tote.stock.save(update_fields=["on_hand"])
    assert found(PRODUCTS, shop) == (
        "warning",
        "1 product can be bought.",
        ("1 without a picture, such as Canvas Tote.",),
    )

    MediaFactory.create(product=tote.product)
    assert found(PRODUCTS, shop)[:2] == ("ok", "1 product can be bought.")

    shown = VariantFactory.create(merchant=shop, product__title="Kettle", product__is_checkout_enabled=False)
    assert found(PRODUCTS, shop)[:2] == ("ok", "1 product can be bought, 1 is only shown.")

    Product.objects.exclude(pk=shown.product_id).update(status="draft")
    assert found(PRODUCTS, shop)[1] == "Everything is only shown: no product can be bought through agents."

    Product.objects.update(status="draft")
    assert found(PRODUCTS, shop)[0] == "missing"


def test_samples_on_sale_are_told(shop: Merchant) -> None:
    add_samples(shop)

    assert found(PRODUCTS, shop) == (
        "warning",
        "4 products can be bought.",
        (
            "4 without a picture, such as Canvas Tote (sample).",
            "4 made up as a sample, such as Canvas Tote (sample).",
        ),
    )


def test_a_price_of_delivery_is_computed_for_home(shop: Merchant) -> None:
    VariantFactory.create(merchant=shop, weight_grams=400)
    assert found(SHIPPING, shop)[1] == "Nothing is sent to United States: no way of delivery covers it."

    add_home_delivery(shop, STANDARD)
    assert found(SHIPPING, shop)[:2] == ("ok", "To United States from 5.00 USD (Standard).")

    FulfillmentRate.objects.update(max_weight_grams=1000)
    VariantFactory.create(merchant=shop, weight_grams=20_000, product__title="Anvil", option_values=[])
    assert found(SHIPPING, shop) == (
        "missing",
        "Not everything can be sent to United States.",
        ("There is no way for Anvil.",),
    )


def test_a_zone_elsewhere_and_a_pick_up_are_no_delivery_at_home(shop: Merchant) -> None:
    VariantFactory.create(merchant=shop)
    FulfillmentMethodFactory.create(
        merchant=shop, zone=ShippingZoneFactory.create(merchant=shop, countries=["CA"]), title="To Canada"
    )
    assert found(SHIPPING, shop)[0] == "missing"

    place = PickupLocationFactory.create(merchant=shop)
    FulfillmentMethodFactory.create(
        merchant=shop, kind="pickup", zone=None, location=place, title="Pick up", rate=0
    )
    assert found(SHIPPING, shop)[:2] == ("ok", "To United States from 0.00 USD (Pick up).")


def test_downloads_need_no_delivery(shop: Merchant) -> None:
    VariantFactory.create(merchant=shop, is_digital=True, stock__is_tracked=False)

    assert found(SHIPPING, shop)[:2] == ("ok", "What is offered is downloaded; nothing has to be sent.")


def test_tax_is_set_or_declared_not_due(shop: Merchant) -> None:
    assert found(TAX, shop)[0] == "missing"

    declare_no_tax(shop)
    assert found(TAX, shop)[:2] == ("ok", "You have said that you charge no tax.")

    Merchant.objects.filter(pk=shop.pk).update(region="CA", postal_code="94111", charges_no_tax=False)
    TaxRateFactory.create(merchant=shop, country="CA", region="", jurisdiction="Canada GST")
    assert found(TAX, shop)[0] == "warning"

    add_taxes(shop, suggestions_for("US", "CA"))
    assert found(TAX, shop)[:2] == ("ok", "At home: CA sales tax 7.25 %, added to the prices.")


def test_what_is_charged_is_told_whatever_was_declared(shop: Merchant) -> None:
    TaxRateFactory.create(merchant=shop)
    Merchant.objects.filter(pk=shop.pk).update(charges_no_tax=True)

    words = "You have said that you charge no tax, and yet this is charged: California."
    assert found(TAX, shop)[:2] == ("warning", words)
    with pytest.raises(TaxStandsError, match="This is still charged: California"):
        declare_no_tax(shop)


@pytest.mark.parametrize(
    ("country", "region", "expected"),
    [
        ("DE", "", [("Germany VAT", "19", True)]),
        ("GB", "", [("United Kingdom VAT", "20", True)]),
        ("US", "CA", [("CA sales tax", "7.25", False)]),
        ("US", "OR", []),
        ("CA", "ON", [("Canada GST", "5", False), ("Ontario HST", "8", False)]),
        ("AU", "NSW", [("Australia GST", "10", True)]),
        ("BR", "", []),
    ],
)
def test_taxes_are_suggested_by_country(country: str, region: str, expected: list[tuple[str, str, bool]]) -> None:
    found = suggestions_for(country, region)

    assert [(one.jurisdiction, str(one.percentage), one.is_inclusive) for one in found] == expected


def test_payments_are_asked_with_a_real_call(
    shop: Merchant, stripe_account: StripeAccount, settings: Settings
) -> None:
    assert found(PAYMENTS, shop, asked=True)[:2] == ("missing", "No account is connected, so nobody can pay.")
    connect_account(shop, secret_key(), now=timezone.now())
    assert found(PAYMENTS, shop)[0] == "unknown"
    assert found(PAYMENTS, shop, asked=True)[:2] == (
        "ok",
        "Stripe answers for your account, in test mode. No real money moves.",
    )

    with wire_to(stripe_account.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        forget_connections()
        wire.answers["/v1/account"] = (401, {"type": "invalid_request_error", "message": "Expired API Key"})
        revoked = found(PAYMENTS, shop, asked=True)
    settings.STRIPE_API_BASE = stripe_account.base
    forget_connections()
    use_installation_account(shop)

    assert revoked[:2] == ("missing", "Stripe does not accept the key any more: Expired API Key")
    assert found(PAYMENTS, shop)[0] == "unknown"
    assert found(PAYMENTS, shop, asked=True)[0] == "ok"


def revoked(key: AgentKey) -> None:
    revoke_key(key, now=timezone.now())


def expired(key: AgentKey) -> None:
    AgentKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(minutes=1))


@pytest.mark.parametrize("ends", [revoked, expired])
def test_an_agent_has_a_key_that_works(shop: Merchant, ends: Callable[[AgentKey], None]) -> None:
    assert found(AGENT, shop)[1] == "No agent may sell for you yet."
    agent = AgentFactory.create(merchant=shop, name="Shopping assistant")
    issue_test_key(agent, expires_at=timezone.now() + timedelta(minutes=1))
    assert found(AGENT, shop)[1] == "An agent is named, and it has no key that works."

    key, _ = issue_key(agent)
    assert found(AGENT, shop)[:2] == ("ok", "May sell for you: Shopping assistant.")

    ends(key)
    assert found(AGENT, shop)[0] == "missing"


def test_owners_with_a_password_alone_are_warned_of(shop: Merchant, olive: User) -> None:
    assert found(TWO_FACTOR, shop)[:2] == (
        "warning",
        "A password alone opens your shop's keys and money for: olive.",
    )

    Authenticator.objects.create(user=olive, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert found(TWO_FACTOR, shop)[0] == "ok"


@pytest.mark.parametrize(
    ("address", "state"), [("https://shop.example.com", State.OK), ("http://127.0.0.1:8000", State.WARNING)]
)
def test_agents_need_a_public_address(shop: Merchant, settings: Settings, address: str, state: State) -> None:
    settings.PUBLIC_BASE_URL = address

    assert found(ADDRESS, shop)[0] == state
