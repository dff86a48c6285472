"""The cards that a wallet can hold: Stripe's test cards, by the names that its test mode knows them by.

Source: docs.stripe.com/testing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestCard:
    """A test card, and what it does when it is charged."""

    __test__ = False

    method: str
    brand: str
    last4: str
    does: str

    @property
    def title(self) -> str:
        return f"{self.brand.capitalize()} •••• {self.last4} ({self.does})"


TEST_CARDS = (
    TestCard("pm_card_visa", "visa", "4242", "pays"),
    TestCard("pm_card_mastercard", "mastercard", "4444", "pays"),
    TestCard("pm_card_amex", "amex", "0005", "pays"),
    TestCard("pm_card_threeDSecure2Required", "visa", "3220", "asks for 3-D Secure"),
    TestCard("pm_card_visa_chargeDeclined", "visa", "0002", "is declined"),
    TestCard("pm_card_visa_chargeDeclinedInsufficientFunds", "visa", "9995", "has insufficient funds"),
)

BY_METHOD = {one.method: one for one in TEST_CARDS}
