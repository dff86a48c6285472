"""What 3D Secure found out about a cardholder, as a charge shows it.

An authentication is made on the sandbox's own challenge page, or was made elsewhere and is handed over with
the confirmation. Of the latter, `ares_trans_status` tells the outcome (EMV 3-D Secure: Y authenticated,
A attempted, C challenged, whose cryptogram proves the challenge was passed; I, N, R and U prove nothing), or
without it the electronic commerce indicator, of which 07 stands for no authentication.
"""

import uuid

from commerce.payments.sandbox.documents import Document, Params

UNPROVEN_STATUSES = ("I", "N", "R", "U")
UNPROVEN_INDICATOR = "07"
ATTEMPT_INDICATORS = ("01", "06")
FULLY_AUTHENTICATED = {"mastercard": "02"}


def challenged(brand: str) -> Document:
    """Describe an authentication by a challenge that was passed."""
    return _details(
        flow="challenge",
        indicator=FULLY_AUTHENTICATED.get(brand, "05"),
        transaction_id=str(uuid.uuid4()),
        version="2.2.0",
    )


def handed_over(given: Params) -> Document:
    """Describe an authentication that was made elsewhere and proves something."""
    status = given.get("ares_trans_status")
    is_attempt = status == "A" or (
        status is None and given.get("electronic_commerce_indicator") in ATTEMPT_INDICATORS
    )
    return _details(
        flow="challenge" if status == "C" else "frictionless",
        indicator=given.get("electronic_commerce_indicator"),
        transaction_id=given["transaction_id"],
        version=given["version"],
        result="attempt_acknowledged" if is_attempt else "authenticated",
        exemption=given.get("exemption_indicator"),
    )


def is_proof(given: Params) -> bool:
    """Tell whether an authentication made elsewhere vouches for the cardholder."""
    status = given.get("ares_trans_status")
    if status is not None:
        return status not in UNPROVEN_STATUSES
    return given.get("electronic_commerce_indicator") != UNPROVEN_INDICATOR


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
    exemption: str | None = None,
) -> Document:
    return {
        "authentication_flow": flow,
        "electronic_commerce_indicator": indicator,
        "exemption_indicator": exemption,
        "exemption_indicator_applied": None,
        "result": result,
        "result_reason": None,
        "transaction_id": transaction_id,
        "version": version,
    }
