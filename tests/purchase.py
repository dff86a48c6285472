"""An order of three totes and a cap, and what every side says of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.inbox.provider_events import fetch_missed
from commerce.orders.models import Adjustment, Order
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import drain
from commerce.payments.models import PaymentAttempt
from tests.api import AcpClient
from tests.factories import VariantFactory
from tests.stripe_account import StripeAccount


@dataclass(slots=True)
class Purchase:
    """An order of three totes and a cap, and what the world says of it."""

    acp: AcpClient
    stripe: StripeAccount
    order: Order
    session_id: str
    tote: Variant
    cap: Variant

    def line(self, variant: Variant) -> str:
        return str(self.order.lines.get(variant=variant).pk)

    def settle(self) -> None:
        """Do what the outbox holds, until nothing is due."""
        for _ in range(8):
            OutboxEvent.objects.update(due_at=timezone.now())
            drain()

    def hear(self) -> None:
        """Be told by the provider of whatever happened there, and do what follows."""
        fetch_missed(now=timezone.now())
        self.settle()

    def attempt(self) -> PaymentAttempt:
        return PaymentAttempt.objects.get(pk=self.order.payment_id)

    def adjustments(self) -> list[tuple[str, str, int | None]]:
        rows = Adjustment.objects.filter(order=self.order).order_by("occurred_at", "pk")
        return sorted(rows.values_list("kind", "status", "amount_minor"))

    def log(self) -> list[str]:
        return list(self.order.events.order_by("sequence").values_list("kind", flat=True))

    def given_back(self) -> int:
        """Return what came back to the card by the provider's own ledger: refunds, and what was never taken."""
        return sum(amount for entry, amount in self.stripe.ledger() if entry in ("refund", "void"))


@dataclass(slots=True)
class Counter:
    """Where the same things can be bought with any card."""

    acp: AcpClient
    merchant: Merchant
    stripe: StripeAccount

    def buy(self, card: str = "pm_card_visa") -> Purchase:
        """Buy 3 x 24.00 and 10.00, 5.00 for delivery, tax: authorized, not captured yet."""
        tote = VariantFactory.create(merchant=self.merchant, price_minor=2400, stock__on_hand=10)
        cap = VariantFactory.create(merchant=self.merchant, price_minor=1000, stock__on_hand=10)
        session = self.acp.create({"id": tote.pk, "quantity": 3}, cap.pk)
        done = self.acp.complete(session.body["id"], self.stripe.mint(session.total(), card=card))
        order = Order.objects.get(pk=done.body["order"]["id"])
        return Purchase(self.acp, self.stripe, order, session.body["id"], tote, cap)
