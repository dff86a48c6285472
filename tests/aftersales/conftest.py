from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.catalog.models import Variant
from commerce.orders.models import Adjustment, Order
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import drain
from commerce.payments.models import PaymentAttempt
from tests.api import AcpClient
from tests.conftest import StripeAccount
from tests.factories import VariantFactory


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

    def attempt(self) -> PaymentAttempt:
        return PaymentAttempt.objects.get(pk=self.order.payment_id)

    def adjustments(self) -> list[tuple[str, str, int | None]]:
        rows = Adjustment.objects.filter(order=self.order).order_by("occurred_at", "pk")
        return sorted(rows.values_list("kind", "status", "amount_minor"))

    def log(self) -> list[str]:
        return list(self.order.events.order_by("sequence").values_list("kind", flat=True))

    def given_back(self) -> int:
        """Return what came back to the card by the provider's own ledger: refunds, and what was never taken."""
        return sum(amount for entry, amount in self.stripe.ledger() if entry in ("refund", "void", "release"))


@pytest.fixture
def bought(acp: AcpClient, merchant: Merchant, stripe_account: StripeAccount) -> Purchase:
    """Authorized, not captured yet: 3 x 24.00 and 10.00, 5.00 for delivery, tax."""
    tote = VariantFactory.create(merchant=merchant, price_minor=2400, stock__on_hand=10)
    cap = VariantFactory.create(merchant=merchant, price_minor=1000, stock__on_hand=10)
    session = acp.create({"id": tote.pk, "quantity": 3}, cap.pk)
    done = acp.complete(session.body["id"], stripe_account.mint(session.total()))
    order = Order.objects.get(pk=done.body["order"]["id"])
    return Purchase(acp, stripe_account, order, session.body["id"], tote, cap)


@pytest.fixture
def paid(bought: Purchase) -> Purchase:
    """Captured."""
    bought.settle()
    assert bought.attempt().status == "captured"
    return bought
