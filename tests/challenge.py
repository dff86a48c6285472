"""A session whose card the issuer asks about (3-D Secure), and what its agent and its buyer do next."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from commerce.catalog.models import Variant
from commerce.inventory.models import StockItem
from commerce.outbox.models import OutboxEvent
from commerce.outbox.relay import drain
from commerce.payments.models import PaymentAttempt
from tests.api import AcpClient, Answer
from tests.stripe_account import StripeAccount

CARD = "pm_card_threeDSecure2Required"
PROOF = {
    "three_ds_cryptogram": "AAIBBYNoEwAAAAAAg4PAAAAAAAA=",
    "electronic_commerce_indicator": "05",
    "transaction_id": "4e4bd9b1-1f6c-4c2c-9a6e-9f35e6f0c001",
    "version": "2.2.0",
}


class Challenged:
    """A session whose card the issuer asks about, and what its agent does next."""

    def __init__(self, acp: AcpClient, stripe: StripeAccount, session: Answer, token: str) -> None:
        self.acp, self.stripe, self.token = acp, stripe, token
        self.id: str = session.body["id"]
        self.total = session.total()
        self.answer = acp.complete(self.id, token)

    def tell(self, outcome: Any, details: Any = None, *, key: str = "", token: str = "") -> Answer:
        result = {"outcome": outcome} | ({"outcome_details": details} if details is not None else {})
        return self.acp.complete(self.id, token or self.token, key=key, authentication_result=result)

    def decide(self, result: str) -> str:
        """Pass ("complete") or fail ("fail") on the issuer's page; return where the buyer is led back to."""
        return self.stripe.decide_challenge(result)

    def attempt(self) -> PaymentAttempt:
        return PaymentAttempt.objects.get(reference=self.id)


def stock(variant: Variant) -> tuple[int, int]:
    """Return what is on hand, and how much of it is reserved."""
    item = StockItem.objects.get(pk=variant.pk)
    return item.on_hand, item.reserved


def settle() -> None:
    """Do what the outbox holds, until nothing is due."""
    for _ in range(4):
        OutboxEvent.objects.update(due_at=timezone.now())
        drain()
