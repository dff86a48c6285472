"""Requests that tests vary."""

from typing import Any

import stripe

CARDS_ONLY = {"enabled": True, "allow_redirects": "never"}


def payment(**changes: Any) -> Any:
    """Return a payment of 49.00 dollars with a card that succeeds, confirmed at once."""
    return {
        "amount": 4900,
        "currency": "usd",
        "confirm": True,
        "payment_method": "pm_card_visa",
        "automatic_payment_methods": CARDS_ONLY,
        **changes,
    }


def hold(**changes: Any) -> Any:
    """Return the same payment, held until it is captured."""
    return payment(capture_method="manual", **changes)


def unconfirmed(**changes: Any) -> Any:
    """Return the same payment, not yet confirmed and without a method."""
    params = payment(**changes)
    del params["confirm"]
    if "payment_method" not in changes:
        del params["payment_method"]
    return params


def intent_of(error: stripe.StripeError) -> str:
    """Return the id of the payment intent that an error carries."""
    assert error.error is not None
    assert error.error.payment_intent is not None
    return error.error.payment_intent.id
