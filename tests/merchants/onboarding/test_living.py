"""Going live is refused while something is missing, done once nothing is, and taken back at once."""

from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from agents.rehearsals.models import Rehearsal
from agents.webhooks.models import Endpoint, EndpointTest
from commerce.accounts.models import Merchant, StaffAction
from commerce.accounts.services import PausedShopError, authenticate, issue_key, pause_shop, resume_shop
from commerce.checkout.shop import load_shop, terms_fingerprint
from commerce.payments.accounts import use_installation_account
from merchants.onboarding.living import NotReadyError, go_live
from merchants.onboarding.terms import FlatRate, add_home_delivery, declare_no_tax
from tests.factories import AgentFactory, MediaFactory, VariantFactory
from tests.merchants.onboarding.test_checks import website
from tests.merchants.staff import member
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db

SETUP = "/admin/accounts/merchant/setup/"


@pytest.fixture
def ready(shop: Merchant, stripe_account: StripeAccount, settings: Settings) -> object:
    """Everything there is to a shop but its policy pages, which `website` brings."""
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    now = timezone.now()
    Merchant.objects.filter(pk=shop.pk).update(region="CA", postal_code="94111")
    shop.refresh_from_db()
    MediaFactory.create(product=VariantFactory.create(merchant=shop).product)
    add_home_delivery(shop, FlatRate("Standard", 500, 2, 5))
    declare_no_tax(shop)
    use_installation_account(shop)
    agent = AgentFactory.create(merchant=shop)
    issue_key(agent)
    endpoint = Endpoint.objects.create(agent=agent, url="https://agent.example/hooks", sealed_secret=b"sealed")
    EndpointTest.objects.create(
        endpoint=endpoint, status=200, milliseconds=5, sent="", sent_headers={}, tested_at=now
    )
    with website({"/policy": (200, "")}) as site:
        Merchant.objects.filter(pk=shop.pk).update(terms_url=f"{site}/policy", privacy_url=f"{site}/policy")
        shop.refresh_from_db()
        terms = terms_fingerprint(load_shop(shop))
        Rehearsal.objects.create(
            merchant=shop, agent=agent, status="passed", step="tidy", terms=terms, due_at=now, started_at=now
        )
        yield shop


def test_stopping_and_resuming_is_no_way_past_what_is_missing(owner: Client, shop: Merchant) -> None:
    page = f"/admin/accounts/merchant/{quote(shop.pk)}"

    stopped, resumed = owner.post(f"{page}/stop/"), owner.post(f"{page}/resume/")
    pause_shop(shop)
    resume_shop(shop)

    assert (stopped.headers["Location"], resumed.headers["Location"]) == (SETUP, SETUP)
    shop.refresh_from_db()
    assert shop.status == "new"


def test_a_new_shop_is_told_all_that_is_missing(shop: Merchant) -> None:
    with pytest.raises(NotReadyError) as refused:
        go_live(shop, now=timezone.now())

    assert [item.check.id for item in refused.value.items] == [
        "profile",
        "policies",
        "products",
        "shipping",
        "tax",
        "payments",
        "agent",
        "endpoint",
        "test_purchase",
    ]
    shop.refresh_from_db()
    assert shop.status == "new"


def test_a_shop_that_has_everything_goes_live(ready: object, shop: Merchant, owner: Client) -> None:
    assert ">Go live<" not in owner.get(SETUP).content.decode()  # nobody has asked elsewhere yet
    owner.post(f"{SETUP}look/")
    assert "Go live" in owner.get(SETUP).content.decode()

    page = owner.post(f"{SETUP}live/", follow=True).content.decode()

    shop.refresh_from_db()
    assert shop.status == "active"
    assert "Harbor Supply is live" in page
    assert "Payments are in test mode" in page
    assert StaffAction.objects.values_list("what", flat=True).last() == "The shop went live."


def test_it_is_looked_at_again_at_that_moment(ready: object, shop: Merchant, owner: Client) -> None:
    owner.post(f"{SETUP}look/")
    shop.variants.get().stock.__class__.objects.update(on_hand=0)

    page = owner.post(f"{SETUP}live/", follow=True).content.decode()

    assert "The shop is not ready: Products, Delivery." in page or "The shop is not ready: Products." in page
    shop.refresh_from_db()
    assert shop.status == "new"


def test_the_kill_switch_stops_every_agent_at_once(ready: object, shop: Merchant, owner: Client) -> None:
    _, token = issue_key(shop.agents.get())
    go_live(shop, now=timezone.now())
    assert authenticate(token, now=timezone.now()).merchant_id == shop.pk

    stop = f"/admin/accounts/merchant/{quote(shop.pk)}/stop/"
    assert stop in owner.get(SETUP).content.decode()
    owner.post(stop)

    with pytest.raises(PausedShopError):
        authenticate(token, now=timezone.now())
    page = owner.get(SETUP).content.decode()
    assert "Harbor Supply is stopped" in page
    owner.post(stop.replace("/stop/", "/resume/"))
    assert authenticate(token, now=timezone.now()).merchant_id == shop.pk


def test_a_shop_that_was_never_live_is_not_resumed(shop: Merchant, owner: Client) -> None:
    answer = owner.post(f"/admin/accounts/merchant/{quote(shop.pk)}/resume/")

    assert answer["Location"] == SETUP
    shop.refresh_from_db()
    assert shop.status == "new"


def test_the_way_around_the_list_is_closed(shop: Merchant, chief: Client) -> None:
    data = {"name": shop.name, "slug": shop.slug, "country": "US", "currency": "usd", "time_zone": "UTC"}
    more = {"capture": "manual", "low_stock_threshold": "3", "return_days": "30", "status": "active"}
    more["payment_account"] = "acct_1"
    url = f"/admin/accounts/merchant/{shop.pk.replace('_', '_5F')}/change/"

    assert member(shop, "owner").post(url, {**data, **more}).status_code == 302
    shop.refresh_from_db()
    assert shop.status == "new"

    assert chief.post(url, {**data, **more}).status_code == 302
    shop.refresh_from_db()
    assert shop.status == "active"
