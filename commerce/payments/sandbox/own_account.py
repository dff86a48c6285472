"""The account that a secret key belongs to, as `GET /v1/account` tells of it."""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, Params


def retrieve(account: Account, _params: Params) -> Document:
    """Return who is asking. Every account here is a shop that may do everything."""
    name = f"Sandbox {account.id[-6:]}"
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {"name": name, "support_email": None, "support_phone": None, "url": None},
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": name, "timezone": "Etc/UTC"}},
        "type": "standard",
    }
