"""A shop that answers at an address of this machine, its agent with an endpoint, and a test purchase to watch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from agents.rehearsals.models import Rehearsal
from agents.rehearsals.performing import advance_due, begin
from agents.webhooks.delivery import deliver_due
from agents.webhooks.models import Delivery
from agents.webhooks.services import register_endpoint
from commerce.accounts.models import Agent, Merchant
from commerce.catalog.models import Variant
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import drain
from tests.factories import VariantFactory
from tests.receiver import Receiver, receiver
from tests.stripe_account import StripeAccount
from tests.waiting import HANG_GUARD


@pytest.fixture
def listening(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with receiver() as kept:
        yield kept


@pytest.fixture
def shop(live_server: Any, merchant: Merchant, stripe_account: StripeAccount, settings: Settings) -> Merchant:
    """Harbor Supply, not live, over HTTP."""
    settings.PUBLIC_BASE_URL = live_server.url
    merchant.status = Merchant.Status.PAUSED
    merchant.save(update_fields=["status"])
    return merchant


@pytest.fixture
def mug(shop: Merchant) -> Variant:
    return VariantFactory.create(merchant=shop, price_minor=1800, product__title="Enamel Mug", stock__on_hand=10)


@dataclass(slots=True)
class Trial:
    """A test purchase, and what others do meanwhile."""

    agent: Agent

    def run(self, *, rounds: int = 12) -> Rehearsal:
        """Make a test purchase to its end, as worker and clock would."""
        rehearsal = begin(self.agent, user=None, now=timezone.now())
        for _ in range(rounds):
            self.go_on()
            rehearsal.refresh_from_db()
            if rehearsal.ended_at:
                break
            self.others_work()
        return rehearsal

    def go_on(self) -> None:
        Rehearsal.objects.filter(status="running").update(due_at=timezone.now())
        advance_due(now=timezone.now())

    def others_work(self) -> None:
        """Relay what is in the outbox, and send what agents are to hear."""
        OutboxEvent.objects.update(due_at=timezone.now())
        drain()
        Delivery.objects.filter(status="pending").update(due_at=timezone.now())
        deliver_due(seconds=HANG_GUARD, patience=HANG_GUARD)

    def told(self, rehearsal: Rehearsal) -> dict[str, tuple[str, str]]:
        """Return status and words of each step."""
        return {step.name: (step.status, step.words) for step in rehearsal.steps.order_by("position")}

    def order(self) -> Order:
        return Order.objects.get()


@pytest.fixture
def trial(agent: Agent, shop: Merchant, listening: Receiver) -> Trial:
    register_endpoint(agent, listening.url)
    return Trial(agent)
