from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
import stripe
from django.db import connection
from django.utils import timezone

from commerce.outbox.models import OutboxEvent
from commerce.payments.models import PaymentAttempt, Refund
from commerce.payments.transfers import capture, send_refund
from commerce.reconciliation import comparing
from commerce.reconciliation.models import Difference
from commerce.reconciliation.services import Comparison, compare_account
from tests.purchase import Purchase
from tests.stripe_account import StripeAccount

SINCE = timedelta(hours=4)
OVER = timedelta(minutes=30)
"""How long after the fact the books are compared: nothing of it is under way any more."""


def compare(after: timedelta = OVER) -> Comparison:
    now = timezone.now() + after
    return compare_account(None, since=now - SINCE, now=now)


def differences() -> list[tuple[str, str, str, int]]:
    """Return what is open, and not the ids in it."""
    rows = Difference.objects.open().order_by("kind", "pk")
    return [(row.kind, row.provider_says, row.we_say, row.amount_minor) for row in rows]


def books() -> list[Any]:
    """Return all that is written of payments here."""
    return [*PaymentAttempt.objects.order_by("pk").values(), *Refund.objects.order_by("pk").values()]


def tamper(attempt: PaymentAttempt, changes: str) -> None:
    """Change an attempt behind everybody's back."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE payments_paymentattempt SET {changes} WHERE id = %s", [attempt.pk])


@dataclass(slots=True)
class Elsewhere:
    """Somebody at the provider's dashboard, or another process that says it is us."""

    account: StripeAccount

    @property
    def intents(self) -> Any:
        return self.account.client().v1.payment_intents

    def pay(self, amount: int, **metadata: str) -> stripe.PaymentIntent:
        """Hold an amount on a card."""
        wanted = {
            "amount": amount,
            "currency": "usd",
            "confirm": True,
            "capture_method": "manual",
            "payment_method": "pm_card_visa",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": metadata,
        }
        return cast(stripe.PaymentIntent, self.intents.create(wanted))

    def refund(self, attempt: PaymentAttempt, amount: int) -> None:
        wanted: Any = {"payment_intent": attempt.provider_reference, "amount": amount}
        self.account.client().v1.refunds.create(wanted)


def settle(attempt: PaymentAttempt) -> None:
    """Do what waits of an attempt: take it, and give back what was promised."""
    capture(attempt.pk, now=timezone.now())
    for refund in attempt.refunds.all():
        send_refund(refund.pk, now=timezone.now())
    OutboxEvent.objects.all().delete()


@pytest.fixture
def taken(bought: Purchase) -> Purchase:
    settle(bought.attempt())
    return bought


@pytest.fixture
def elsewhere(stripe_account: StripeAccount) -> Elsewhere:
    return Elsewhere(stripe_account)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare what has only just happened, too."""
    monkeypatch.setattr(comparing, "UNDER_WAY", timedelta(0))
