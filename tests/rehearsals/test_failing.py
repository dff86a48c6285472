"""A test purchase that does not go through: it says why and where that is mended, and puts everything away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from agents.rehearsals.models import Rehearsal
from agents.rehearsals.performing import MOST_AN_HOUR, TooManyRehearsalsError, begin
from agents.rehearsals.readiness import look_at_rehearsals
from agents.webhooks.models import Endpoint
from commerce.accounts.models import Agent, AgentKey, Merchant
from commerce.catalog.models import Variant
from commerce.checkout.models import CheckoutSession
from commerce.fulfillment.models import FulfillmentMethod
from commerce.inventory.models import Reservation, StockItem
from commerce.orders.models import Order
from tests.provider import wire_to
from tests.receiver import Receiver
from tests.rehearsals.conftest import Trial
from tests.stripe_account import StripeAccount

pytestmark = pytest.mark.django_db(transaction=True)


def no_products(shop: Merchant) -> None:
    StockItem.objects.update(on_hand=0)


def no_delivery(shop: Merchant) -> None:
    FulfillmentMethod.objects.update(is_active=False)


def no_account(shop: Merchant) -> None:
    Merchant.objects.filter(pk=shop.pk).update(uses_installation_account=False)


def stopped(shop: Merchant) -> None:
    Agent.objects.update(is_active=False)


@pytest.mark.parametrize(
    ("breaks", "step", "mend", "words"),
    [
        (no_products, "search", "products", "The agent found nothing that it can buy."),
        (no_delivery, "address", "shipping", "Nothing is sent to Main Town, US: "),
        (no_account, "token", "payments", "No account is connected, so nobody can pay."),
        (stopped, "search", "agent", "The shop does not let this agent in."),
    ],
)
def test_it_says_what_is_missing_and_where(
    trial: Trial,
    mug: Variant,
    shop: Merchant,
    breaks: Callable[[Merchant], None],
    step: str,
    mend: str,
    words: str,
) -> None:
    breaks(shop)

    rehearsal = trial.run()

    told = trial.told(rehearsal)
    assert (rehearsal.status, rehearsal.mend) == ("failed", mend)
    assert rehearsal.problem.startswith(words)
    assert [*told][-2:] == [step, "tidy"]
    assert (told[step][0], told["tidy"][0]) == ("failed", "passed")
    assert look_at_rehearsals(shop, timezone.now()).details == (rehearsal.problem,)
    assert not Order.objects.exists()
    assert not CheckoutSession.objects.exclude(status="canceled").exists()
    assert AgentKey.objects.get(is_test=True).revoked_at is not None


def test_a_declined_card_leaves_nothing_held(
    trial: Trial, mug: Variant, stripe_account: StripeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce.payments.stripe_accounts.TEST_CARD", "pm_card_visa_chargeDeclined")

    rehearsal = trial.run()

    assert (rehearsal.status, rehearsal.mend) == ("failed", "payments")
    assert rehearsal.problem.startswith("The payment did not go through: The payment was declined")
    assert not Reservation.objects.filter(status="held").exists()
    assert CheckoutSession.objects.get().status == "canceled"
    assert stripe_account.ledger() == []


def test_an_endpoint_that_does_not_take_events_is_named_and_the_order_given_back(
    trial: Trial, mug: Variant, listening: Receiver, stripe_account: StripeAccount
) -> None:
    listening.answers = [(500, {})] * 50

    rehearsal = trial.run()

    assert (rehearsal.status, rehearsal.mend) == ("failed", "endpoint")
    assert rehearsal.problem == "The agent's endpoint does not take it: it answers 500"
    trial.others_work()
    assert (trial.order().status, trial.order().is_test) == ("canceled", True)
    assert [entry for entry, _ in stripe_account.ledger()] == ["authorization", "capture", "refund"]
    assert StockItem.objects.values_list("on_hand", "reserved").get(pk=mug.pk) == (10, 0)


def test_a_shop_that_cannot_be_reached_is_said(trial: Trial, mug: Variant, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"

    rehearsal = trial.run()

    assert (rehearsal.status, rehearsal.mend) == ("failed", "address")
    assert rehearsal.problem.startswith("The shop does not answer at its public address: failed: ")


def test_a_live_account_takes_no_test_card(trial: Trial, mug: Variant, settings: Settings) -> None:
    settings.PAYMENTS_LIVE = True

    rehearsal = trial.run()

    assert (rehearsal.status, rehearsal.mend) == ("failed", "payments")
    assert rehearsal.problem.startswith("This account charges real cards, and takes no test card.")


def test_a_provider_without_tokens_for_test_cards_is_quoted(
    trial: Trial, mug: Variant, stripe_account: StripeAccount, settings: Settings
) -> None:
    path = "/v1/test_helpers/shared_payment/granted_tokens"
    with wire_to(stripe_account.base) as wire:
        settings.STRIPE_API_BASE = wire.url
        wire.answers[path] = (403, {"type": "invalid_request_error", "message": "Not on your account."})
        rehearsal = trial.run()

    assert rehearsal.problem == "Stripe grants no token for a test card: Not on your account."


def test_what_others_never_do_is_not_waited_for_without_end(trial: Trial, mug: Variant) -> None:
    rehearsal = begin(trial.agent, user=None, now=timezone.now())
    trial.go_on()
    rehearsal.refresh_from_db()
    assert rehearsal.step == "hear"

    rehearsal.steps.filter(name="hear").update(started_at=timezone.now() - timedelta(minutes=2))
    trial.go_on()

    rehearsal.refresh_from_db()
    assert (rehearsal.status, rehearsal.mend) == ("failed", "endpoint")
    assert rehearsal.problem == "The event is on its way. It took longer than 45 seconds."


def test_a_bug_of_ours_is_no_fault_of_the_shops(
    trial: Trial, mug: Variant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("agents.rehearsals.aftermath.cancel_order", broken)

    rehearsal = trial.run()

    assert rehearsal.status == "failed"
    assert rehearsal.problem.startswith("Something here is broken, and not in your shop.")
    assert "a test purchase broke" in caplog.text


def test_trying_has_an_end(trial: Trial, shop: Merchant) -> None:
    now = timezone.now()
    Rehearsal.objects.bulk_create(
        Rehearsal(merchant=shop, agent=trial.agent, status="failed", step="tidy", due_at=now, started_at=now)
        for _ in range(MOST_AN_HOUR)
    )

    with pytest.raises(TooManyRehearsalsError):
        begin(trial.agent, user=None, now=now)

    assert Endpoint.objects.count() == 1
    assert not Rehearsal.objects.filter(status="running").exists()
