"""The payment handlers a session offers: one, for cards behind a delegated token (rfc.payment_handlers)."""

from __future__ import annotations

from typing import Any

from commerce.accounts.services import Caller
from commerce.checkout.shop import Shop

CARD_HANDLER_ID = "card_tokenized"


def card_handler(shop: Shop, caller: Caller) -> dict[str, Any]:
    """Return the declaration of the card handler."""
    return {
        "id": CARD_HANDLER_ID,
        "name": "dev.acp.tokenized.card",
        "display_name": "Card",
        "version": "2026-01-22",
        "spec": "https://acp.dev/handlers/tokenized.card",
        "requires_delegate_payment": True,
        "requires_pci_compliance": False,
        "psp": "stripe",
        "config_schema": "https://acp.dev/schemas/handlers/tokenized.card/config.json",
        "instrument_schemas": ["https://acp.dev/schemas/handlers/tokenized.card/instrument.json"],
        "config": {
            "merchant_id": shop.payment_account,
            "psp": "stripe",
            "accepted_brands": ["visa", "mastercard", "amex", "discover"],
            "accepted_funding_types": ["credit", "debit", "prepaid"],
            "supports_3ds": True,
            "3ds_versions": ["2.1", "2.2"],
            "environment": "production" if shop.payments and shop.payments.is_live else "sandbox",
            "merchant_display_name": shop.name,
            "delegate_id": caller.agent_id,
            "delegate_display_name": caller.agent_name,
        },
    }
