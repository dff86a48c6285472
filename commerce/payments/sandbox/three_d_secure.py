"""What 3D Secure found out about a cardholder, as a charge shows it."""

import uuid

from commerce.payments.sandbox.documents import Document

FULLY_AUTHENTICATED = {"mastercard": "02"}


def challenged(brand: str) -> Document:
    """Describe an authentication by a challenge that was passed."""
    return _details(
        flow="challenge",
        indicator=FULLY_AUTHENTICATED.get(brand, "05"),
        transaction_id=str(uuid.uuid4()),
        version="2.2.0",
    )


def not_supported() -> Document:
    """Describe that authentication was asked for and the card has none."""
    return _details(flow=None, indicator=None, transaction_id=None, version=None, result="not_supported")


def _details(
    *,
    flow: str | None,
    indicator: str | None,
    transaction_id: str | None,
    version: str | None,
    result: str = "authenticated",
) -> Document:
    return {
        "authentication_flow": flow,
        "electronic_commerce_indicator": indicator,
        "exemption_indicator": None,
        "exemption_indicator_applied": None,
        "result": result,
        "result_reason": None,
        "transaction_id": transaction_id,
        "version": version,
    }
