"""A session that waits for the buyer's authentication, as ACP 2026-04-17 shows it (AuthenticationMetadata)."""

from __future__ import annotations

from typing import Literal

from django.conf import settings

from agents.acp.v2026_04_17 import bodies
from commerce.checkout.challenges import page_url
from commerce.checkout.document import Session
from commerce.checkout.shop import Shop

DIRECTORY_SERVERS: dict[str, Literal["american_express", "mastercard", "visa"]] = {
    "amex": "american_express",
    "mastercard": "mastercard",
    "visa": "visa",
}


def add_challenge(body: bodies.CheckoutSession, session: Session, shop: Shop) -> None:
    """Say how the buyer can authenticate: by the agent's own 3-D Secure server, or on our page.

    Where the card's directory server is none that the protocol names, or the shop's acquirer is not known, an
    agent cannot authenticate by itself: then only the page is left, and the session escalates to it.
    """
    challenge = session.document.challenge
    body["continue_url"] = page_url(session.id)
    server = DIRECTORY_SERVERS.get(challenge.brand) if challenge else None
    if server is None or not settings.ACQUIRER_BIN:
        body["status"] = "requires_escalation"
        return
    body["authentication_metadata"] = {
        "acquirer_details": {
            "acquirer_bin": settings.ACQUIRER_BIN,
            "acquirer_country": settings.ACQUIRER_COUNTRY or shop.home.country,
            "acquirer_merchant_id": shop.payment_account[:35],
            "merchant_name": shop.name[:40],
        },
        "directory_server": server,
    }
