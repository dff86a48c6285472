"""What a payment intent is about besides its amount: who pays, with what, and what it says of itself."""

import re
from typing import Any

from commerce.payments.sandbox import payment_methods, shared_payment_tokens
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, Params, blank_shipping, merge
from commerce.payments.sandbox.errors import InvalidParameter, unsupported
from commerce.payments.sandbox.metadata import merge_metadata

TEXTS = (
    "description",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
CHOICES = ("capture_method", "payment_method_types", "allowed_payment_method_types")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
MAX_DESCRIPTOR = 22
CARD_OPTIONS = ("capture_method", "request_three_d_secure")


def default_options() -> Document:
    """Return the card options of an intent that asked for none."""
    return {
        "card": {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        }
    }


def apply_terms(account: Account, intent: Document, params: Params) -> None:
    """Lay the given terms over an intent; what is not given stays.

    An authentication made elsewhere is not shown, and is for the next attempt to pay.
    """
    for name in TEXTS:
        if name in params:
            intent[name] = _text(name, params[name])
    for name in CHOICES:
        if name in params:
            intent[name] = params[name] or None
    if "customer" in params:
        intent["customer"] = account.referenced("customer", params["customer"], "customer")["id"]
    if "receipt_email" in params:
        intent["receipt_email"] = _email(params["receipt_email"])
    if "shipping" in params:
        shipping = params["shipping"]
        intent["shipping"] = merge(intent["shipping"], shipping, blank_shipping()) if shipping else None
    if params.get("payment_method_options"):
        intent["payment_method_options"]["card"].update(_card_options(params["payment_method_options"]))
        intent["payment_method_options"].update(_transfer_options(params["payment_method_options"]))
        intent["_three_d_secure"] = _authentication(params["payment_method_options"])
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata"))


def _text(name: str, value: str) -> str | None:
    if name.startswith("statement_descriptor") and len(value) > MAX_DESCRIPTOR:
        raise InvalidParameter(f"Invalid {name}: must be at most {MAX_DESCRIPTOR} characters", param=name)
    return value or None


def _email(value: str) -> str | None:
    if value and not EMAIL.fullmatch(value):
        raise InvalidParameter(f"Invalid email address: {value}", code="email_invalid", param="receipt_email")
    return value or None


def _card_options(options: dict[str, Any]) -> Document:
    for kind in options.keys() - {"card", "customer_balance"}:
        raise unsupported(f"payment_method_options[{kind}]")
    given = options.get("card") or {}
    for name in given.keys() - {*CARD_OPTIONS, "three_d_secure"}:
        raise unsupported(f"payment_method_options[card][{name}]")
    return {name: given[name] or None for name in CARD_OPTIONS if name in given}


def _transfer_options(options: dict[str, Any]) -> Document:
    """Return how a customer is to send money, if that was said."""
    given = options.get("customer_balance")
    return {"customer_balance": {"setup_future_usage": None, **given}} if given else {}


def _authentication(options: dict[str, Any]) -> Params | None:
    """Return the 3D Secure result that options hand over, if any."""
    given: Params | None = (options.get("card") or {}).get("three_d_secure") or None
    if given and "network_options" in given:
        raise unsupported("payment_method_options[card][three_d_secure][network_options]")
    return given


def choose_method(account: Account, intent: Document, params: Params) -> Document | None:
    """Put a payment method on an intent, if one is given; return the method the intent has then."""
    method = _given_method(account, params)
    if method is None:
        current = intent["payment_method"]
        return None if current is None else account.retrieve("payment_method", current)
    intent["payment_method"] = method["id"]
    intent["shared_payment_granted_token"] = method["shared_payment_granted_token"]
    if intent["status"] in ("requires_payment_method", "requires_action"):
        intent["status"] = "requires_confirmation"
        intent["next_action"] = None
    return method


def _given_method(account: Account, params: Params) -> Document | None:
    if "payment_method" in params and "payment_method_data" in params:
        raise InvalidParameter(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
            code="parameters_exclusive",
            param="payment_method",
        )
    if "payment_method" in params:
        return payment_methods.referenced(account, params["payment_method"])
    data = params.get("payment_method_data")
    if not data:
        return None
    if "shared_payment_granted_token" not in data:
        return payment_methods.from_data(account, data)
    return shared_payment_tokens.method_for(account, data["shared_payment_granted_token"])
