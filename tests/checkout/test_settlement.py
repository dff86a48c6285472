"""Settling: once, by whoever comes first, and what cannot become an order is given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.checkout.challenges import page_url
from commerce.checkout.models import CheckoutSession
from commerce.checkout.settlement import settle
from commerce.checkout.sweeps import resume_interrupted
from commerce.inventory.models import StockItem
from commerce.inventory.services import release
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import Event
from commerce.payments.gateway import Authorized, Declined, forget_gateway, gateway
from commerce.payments.models import ATTEMPT_TRANSITIONS, PaymentAttempt
from commerce.payments.services import take_over
from commerce.payments.subscribers import void_attempt
from tests.api import AcpClient, Answer, payment
from tests.factories import VariantFactory
from tests.provider import wire_to
from tests.stripe_account import StripeAccount


@pytest.fixture
def tote(merchant: Merchant) -> Variant:
    return VariantFactory.create(merchant=merchant, price_minor=2400, stock__on_hand=5)


@pytest.fixture
def interrupted(
    acp: AcpClient, tote: Variant, stripe_account: StripeAccount, settings: Settings
) -> Iterator[Answer]:
    """A session whose provider has authorized the amount, and whose answer was lost."""
    session = acp.create(tote.pk)
    body = {"payment_data": payment(stripe_account.mint(session.total()))}
    with wire_to(stripe_account.base) as wire:
        settings.STRIPE_API_BASE, settings.STRIPE_MAX_NETWORK_RETRIES = wire.url, 0
        forget_gateway()
        wire.faults = ["lose"]
        with pytest.raises(AssertionError, match=r"went wrong|not answered"):
            acp.post(f"/checkout_sessions/{session.body['id']}/complete", body)
        settings.STRIPE_API_BASE = stripe_account.base
        forget_gateway()
        PaymentAttempt.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
        yield session


def test_settling_twice_places_one_order(
    acp: AcpClient, interrupted: Answer, stripe_account: StripeAccount
) -> None:
    attempt = take_over(PaymentAttempt.objects.get().pk, now=timezone.now())
    assert attempt is not None
    result = gateway().authorize(attempt.charge(return_url=page_url(attempt.reference)))
    assert isinstance(result, Authorized)

    first = settle(attempt, result, now=timezone.now())
    second = settle(attempt, result, now=timezone.now())
    late = settle(attempt, Declined("generic_decline", "too late"), now=timezone.now())

    assert first.order is not None
    assert second.order is not None
    assert first.order.order.id == second.order.order.id
    assert late.session.status == "completed"
    assert (Order.objects.count(), StockItem.objects.get().on_hand) == (1, 4)
    assert stripe_account.ledger() == [("authorization", interrupted.total())]


def test_what_cannot_become_an_order_is_voided(
    acp: AcpClient, interrupted: Answer, stripe_account: StripeAccount
) -> None:
    attempt = PaymentAttempt.objects.get()
    release(attempt.pk)

    resume_interrupted(now=timezone.now())
    session = acp.read(interrupted.body["id"])
    event = OutboxEvent.objects.get(topic="payment.void_due")
    for _ in range(2):
        void_attempt(Event(1, event.topic, event.key, {}, 1, event.subscriber))

    attempt.refresh_from_db()
    assert (session.body["status"], session.codes) == ("ready_for_payment", ["out_of_stock"])
    assert (Order.objects.count(), attempt.status, attempt.decline_code) == (0, "failed", "no_order")
    total = interrupted.total()
    assert stripe_account.ledger() == [("authorization", total), ("void", total)]


def test_another_amount_than_asked_is_never_an_order(acp: AcpClient, interrupted: Answer) -> None:
    attempt = take_over(PaymentAttempt.objects.get().pk, now=timezone.now())
    assert attempt is not None
    wrong = Authorized("pi_wrong", attempt.amount_minor + 1, attempt.currency)

    outcome = settle(attempt, wrong, now=timezone.now())

    assert (outcome.order, outcome.session.status) == (None, "ready")
    assert Order.objects.count() == 0
    assert OutboxEvent.objects.get().topic == "payment.void_due"


def test_a_session_forgets_nothing_it_was_told(acp: AcpClient, interrupted: Answer) -> None:
    resume_interrupted(now=timezone.now())

    assert CheckoutSession.objects.get().status == "completed"
    assert acp.read(interrupted.body["id"]).body["line_items"] == interrupted.body["line_items"]


def test_every_pair_of_attempt_statuses_is_decided() -> None:
    statuses = set(PaymentAttempt.Status.values)

    assert set(ATTEMPT_TRANSITIONS.moves) == statuses
    assert ATTEMPT_TRANSITIONS.terminal == {"captured", "declined", "failed", "voided"}
    assert ATTEMPT_TRANSITIONS.sources("captured") == ["authorized", "challenged", "submitting"]
    assert not ATTEMPT_TRANSITIONS.allows("declined", "authorized")
