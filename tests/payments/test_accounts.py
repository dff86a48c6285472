"""A merchant's own account at the provider: its payments go there, whatever is connected later."""

from __future__ import annotations

from datetime import timedelta

import pytest
import stripe
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.aftersales.services import refund_order
from commerce.errors import UnavailableError
from commerce.inbox.models import ProviderEvent
from commerce.inbox.provider_events import accounts_to_look_through, fetch_missed, handle_event, store_event
from commerce.orders.models import Order
from commerce.payments.accounts import (
    InstallationAccountError,
    KeyRefusedError,
    Standing,
    connect_account,
    standing_of,
    use_installation_account,
)
from commerce.payments.connections import (
    AccountRef,
    Connection,
    connection_of,
    forget_connections,
    gateway_at,
    latest,
)
from commerce.payments.models import PaymentAttempt, ProviderAccount
from commerce.sealing import unseal
from tests.acp.test_statements import count
from tests.api import AcpClient
from tests.challenge import CARD, Challenged, settle
from tests.factories import VariantFactory
from tests.provider import wire_to
from tests.purchase import Counter, Purchase
from tests.stripe_account import StripeAccount, secret_key

pytestmark = pytest.mark.django_db

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own(stripe_account: StripeAccount, merchant: Merchant) -> StripeAccount:
    """The merchant's own account, connected."""
    account = StripeAccount.open(stripe_account.base)
    connect_account(merchant, account.key, now=timezone.now())
    return account


@pytest.fixture
def till(acp: AcpClient, merchant: Merchant, own: StripeAccount) -> Counter:
    return Counter(acp, merchant, own)


def current(merchant: Merchant) -> ProviderAccount:
    return ProviderAccount.objects.get(merchant=merchant, is_current=True)


@committed
def test_payments_go_to_the_merchants_own_account(till: Counter, stripe_account: StripeAccount) -> None:
    bought = till.buy()
    bought.settle()
    refund_order(bought.order.pk, amount_minor=1500, now=timezone.now())
    bought.settle()

    total = bought.order.total_minor
    assert till.stripe.ledger() == [("authorization", total), ("capture", total), ("refund", 1500)]
    assert stripe_account.ledger() == []
    assert bought.attempt().account == current(till.merchant)
    assert bought.adjustments() == [("refund", "completed", 1500)]


def test_the_hot_path_takes_no_more_statements(
    till: Counter, acp: AcpClient, merchant: Merchant, own: StripeAccount
) -> None:
    variant = VariantFactory.create(merchant=merchant)
    acp.complete(acp.create(variant.pk).body["id"], own.mint(999_999))
    session = acp.create(variant.pk).body["id"]
    token = own.mint(999_999)

    assert count(lambda: acp.create(variant.pk)) == 4
    assert count(lambda: acp.complete(session, token)) == 6


@committed
def test_what_was_paid_before_stays_where_it_was_paid(
    counter: Counter, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    bought = counter.buy()
    newer = StripeAccount.open(stripe_account.base)
    connect_account(merchant, newer.key, now=timezone.now())
    bought.settle()
    refund_order(bought.order.pk, amount_minor=1500, now=timezone.now())
    bought.settle()

    total = bought.order.total_minor
    assert stripe_account.ledger() == [("authorization", total), ("capture", total), ("refund", 1500)]
    assert newer.ledger() == []
    assert bought.attempt().account is None


def test_a_challenge_is_looked_up_at_its_account(own: StripeAccount, acp: AcpClient, merchant: Merchant) -> None:
    tote = VariantFactory.create(merchant=merchant, price_minor=2400, stock__on_hand=10)
    session = acp.create(tote.pk, capabilities={"interventions": {"supported": ["3ds"]}})
    challenged = Challenged(acp, own, session, own.mint(session.total(), card=CARD))
    use_installation_account(merchant)

    challenged.decide("complete")
    Client().get(f"/checkout/{challenged.id}")

    assert acp.read(challenged.id).body["status"] == "completed"
    assert own.ledger() == [("authorization", session.total())]


def test_a_rolled_key_takes_the_place_of_the_other(till: Counter, merchant: Merchant, own: StripeAccount) -> None:
    till.buy()
    before = current(merchant)
    rolled = own.key[:-16] + "n" * 16

    connect_account(merchant, rolled, now=timezone.now())
    bought = till.buy()

    account = current(merchant)
    assert (account.pk, ProviderAccount.objects.count()) == (before.pk, 1)
    assert (unseal(account.sealed_key), account.key_hint) == (rolled, "sk_test_…nnnn")
    assert account.version > before.version
    assert bought.attempt().account_id == before.pk


def test_the_account_is_named_to_agents(
    acp: AcpClient, merchant: Merchant, own: StripeAccount, settings: Settings
) -> None:
    settings.PAYMENTS_LIVE = True  # of the installation's account, which is not asked
    variant = VariantFactory.create(merchant=merchant)

    (handler,) = acp.create(variant.pk).body["capabilities"]["payment"]["handlers"]

    reference = own.client().v1.accounts.retrieve_current().id
    assert (handler["config"]["merchant_id"], handler["config"]["environment"]) == (reference, "sandbox")


def test_without_any_account_nothing_is_charged(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount
) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(uses_installation_account=False)
    session = acp.create(VariantFactory.create(merchant=merchant).pk)

    answer = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    assert (answer.body["status"], answer.codes) == ("ready_for_payment", ["unsupported"])
    assert (PaymentAttempt.objects.count(), stripe_account.ledger()) == (0, [])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "begins with sk_test_"),
        ("pk_test_51Nx", "begins with sk_test_"),
        ("sk_test_51Nx abc", "begins with sk_test_"),
        ("sk_live_51Nx", "takes keys of the test mode only"),
        ("rk_live_51Nx", "takes keys of the test mode only"),
    ],
)
def test_keys_that_cannot_be_meant_are_refused(
    merchant: Merchant, stripe_account: StripeAccount, key: str, words: str
) -> None:
    with pytest.raises(KeyRefusedError, match=words):
        connect_account(merchant, key, now=timezone.now())

    assert not ProviderAccount.objects.exists()


def test_a_live_key_needs_an_installation_that_is_live(merchant: Merchant, settings: Settings) -> None:
    settings.STRIPE_API_BASE = ""

    with pytest.raises(KeyRefusedError, match="charges no real cards"):
        connect_account(merchant, "sk_live_51Nx", now=timezone.now())


def test_a_key_that_stripe_refuses_changes_nothing(
    merchant: Merchant, own: StripeAccount, settings: Settings
) -> None:
    before = current(merchant)
    with wire_to(own.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        wire.answers["/v1/account"] = (
            401,
            {"type": "invalid_request_error", "message": "Invalid API Key provided"},
        )
        with pytest.raises(KeyRefusedError, match="Invalid API Key provided"):
            connect_account(merchant, secret_key(), now=timezone.now())
        wire.answers["/v1/account"] = (500, {"type": "api_error", "message": "x"})
        with pytest.raises(UnavailableError, match="try again"):
            connect_account(merchant, secret_key(), now=timezone.now())

    assert (current(merchant).pk, ProviderAccount.objects.count()) == (before.pk, 1)


@committed
def test_what_happens_at_the_account_is_told_to_it_alone(
    till: Counter, merchant: Merchant, own: StripeAccount, settings: Settings
) -> None:
    account = current(merchant)
    (endpoint,) = own.client().v1.webhook_endpoints.list()
    bought = till.buy()
    bought.settle()
    own.client().v1.refunds.create({"payment_intent": bought.attempt().provider_reference, "amount": 900})
    (event, *_) = [one for one in own.client().v1.events.list() if one.type == "refund.created"]
    assert account.sealed_notice_secret is not None
    signed = stripe.WebhookSignature.generate_signature_header(
        payload=str(event), secret=unseal(account.sealed_notice_secret)
    )

    def send(address: str) -> int:
        headers = {"Stripe-Signature": signed}
        return Client().post(address, str(event), content_type="application/json", headers=headers).status_code

    assert endpoint.url == f"{settings.PUBLIC_BASE_URL}/payments/webhooks/stripe/{account.pk}"
    assert send("/payments/webhooks/stripe") == 400
    assert send("/payments/webhooks/stripe/pac_unknown") == 404
    assert [send(f"/payments/webhooks/stripe/{account.pk}") for _ in range(2)] == [200, 200]
    bought.settle()
    assert ProviderEvent.objects.get().account == account
    assert bought.adjustments() == [("refund", "completed", 900)]


@committed
def test_a_missed_event_is_fetched_from_its_account(till: Counter, own: StripeAccount, merchant: Merchant) -> None:
    bought = till.buy()
    bought.settle()
    own.client().v1.refunds.create({"payment_intent": bought.attempt().provider_reference, "amount": 900})
    use_installation_account(merchant)
    account = ProviderAccount.objects.get()

    assert accounts_to_look_through(now=timezone.now()) == [account.pk]
    assert fetch_missed(now=timezone.now(), account_id=account.pk) > 0
    assert fetch_missed(now=timezone.now(), account_id=account.pk) == 0
    bought.settle()

    assert bought.adjustments() == [("refund", "completed", 900)]


@committed
def test_an_account_says_nothing_of_anothers_payments(
    paid: Purchase, merchant: Merchant, own: StripeAccount
) -> None:
    """Whoever owns an account writes any metadata into it, also the id of somebody else's payment."""
    own.client().v1.payment_intents.create(
        {
            "amount": 100,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"payment_attempt": paid.attempt().pk},
        }
    )
    before = (paid.attempt().status, paid.attempt().captured_minor, paid.log())

    account, now = current(merchant).pk, timezone.now()
    assert fetch_missed(now=now, account_id=account) == 0
    for notice in gateway_at(latest(account)).notices_since(now - timedelta(hours=1)):
        store_event(notice, now=now, account_id=account)
    for event in ProviderEvent.objects.all():
        handle_event(event.pk, now=timezone.now())
    settle()

    assert ProviderEvent.objects.count() > 0
    assert (paid.attempt().status, paid.attempt().captured_minor, paid.log()) == before
    assert Order.objects.count() == 1


def test_an_endpoint_that_stripe_refuses_is_said(
    merchant: Merchant, stripe_account: StripeAccount, settings: Settings
) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example.com"  # the sandbox tells this machine only

    account = connect_account(merchant, secret_key(), now=timezone.now())

    assert account.notice_problem.startswith("Invalid URL")
    assert account.sealed_notice_secret is None


def test_standing_is_what_the_provider_says(merchant: Merchant, own: StripeAccount, settings: Settings) -> None:
    account = current(merchant)
    assert standing_of(merchant) == Standing(
        Connection(AccountRef(account.pk, account.version), is_live=False), name=account.name
    )

    with wire_to(own.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        forget_connections()
        wire.answers["/v1/account"] = (401, {"type": "invalid_request_error", "message": "Expired API Key"})
        assert standing_of(merchant).problem == "Stripe does not accept the key any more: Expired API Key"
    forget_connections()

    Merchant.objects.filter(pk=merchant.pk).update(uses_installation_account=False)
    ProviderAccount.objects.update(is_current=False)
    merchant.refresh_from_db()
    assert standing_of(merchant) == Standing(None, problem="No account is connected.")


def test_who_chose_the_test_account_is_not_paid_into_the_live_one(
    acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount, settings: Settings
) -> None:
    use_installation_account(merchant)
    assert connection_of(merchant) == Connection(None, is_live=False)
    variant = VariantFactory.create(merchant=merchant)
    session = acp.create(variant.pk)

    settings.PAYMENTS_LIVE = True
    Merchant.objects.filter(pk=merchant.pk).update(support_phone="1")  # as a restart does: terms are read anew
    answer = acp.complete(session.body["id"], stripe_account.mint(session.total()))

    merchant.refresh_from_db()
    assert connection_of(merchant) is None
    assert answer.body.get("status") != "completed"
    assert stripe_account.ledger() == []


def test_the_operator_may_give_a_shop_the_live_account(merchant: Merchant, settings: Settings) -> None:
    settings.PAYMENTS_LIVE = True

    assert connection_of(merchant) == Connection(None, is_live=True)


def test_nobody_is_given_the_operators_live_account(merchant: Merchant, settings: Settings) -> None:
    settings.PAYMENTS_LIVE = True
    Merchant.objects.filter(pk=merchant.pk).update(uses_installation_account=False)

    with pytest.raises(InstallationAccountError):
        use_installation_account(merchant)

    merchant.refresh_from_db()
    assert merchant.uses_installation_account is False
