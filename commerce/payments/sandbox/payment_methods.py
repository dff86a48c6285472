"""Payment methods: cards made from Stripe's published test tokens and numbers, and bank accounts to pay from once.

A card number is looked up and forgotten; what is kept is which test card it is, and its last four digits.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.bank_accounts import BY_IBAN, BankAccount
from commerce.payments.sandbox.cards import BY_NAME, PublishedCard, find_card, find_card_by_number
from commerce.payments.sandbox.documents import Document, Params, blank_billing_details, merge
from commerce.payments.sandbox.errors import (
    CardNotSaved,
    InvalidParameter,
    InvalidRequest,
    UnknownCard,
    unsupported,
)
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata

BANKS = ("customer_balance", "sepa_debit")


def create(account: Account, params: Params) -> Document:
    """Create a payment method from `card[token]`, or the number of a published test card or bank account."""
    kind = params.get("type", "card")
    for name in params.keys() - {"type", kind, "billing_details", "metadata", "allow_redisplay", "expand"}:
        raise unsupported(name)
    if kind in BANKS:
        return from_data(account, params)
    return from_card(account, _given_card(account, params), params)


def from_data(account: Account, data: Params) -> Document:
    """Store a payment method that pays from a bank, once."""
    match data.get("type"):
        case "sepa_debit":
            bank = _given_account(data)
            return _new_method(account, "sepa_debit", _account_details(account, bank), data, {"_iban": bank.iban})
        case "customer_balance":
            return _new_method(account, "customer_balance", {}, data, {})
    raise InvalidParameter(
        "This sandbox emulates payment methods of type card, customer_balance and sepa_debit.",
        param="payment_method_data[type]",
    )


def _given_account(data: Params) -> BankAccount:
    described = data.get("billing_details") or {}
    for name in ("name", "email"):
        if not described.get(name):
            path = f"billing_details[{name}]"
            raise InvalidParameter(f"Missing required param: {path}.", code="parameter_missing", param=path)
    iban = "".join(str((data.get("sepa_debit") or {}).get("iban", "")).split()).upper()
    if iban not in BY_IBAN:
        raise InvalidParameter(
            f"This sandbox emulates Stripe's published test accounts: {', '.join(BY_IBAN)}.",
            param="sepa_debit[iban]",
        )
    return BY_IBAN[iban]


def _account_details(account: Account, bank: BankAccount) -> Document:
    return {
        "bank_code": bank.bank_code,
        "branch_code": "",
        "country": bank.country,
        "fingerprint": hashlib.sha256(f"{account.id}:{bank.iban}".encode()).hexdigest()[:16],
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": bank.iban[-4:],
    }


def from_card(account: Account, card: PublishedCard, params: Params) -> Document:
    """Store a payment method for a test card, described by the billing details and metadata given."""
    return _new_method(account, "card", card_details(account, card), params, {"_test_card": card.name})


def _new_method(account: Account, kind: str, details: Document, params: Params, private: Document) -> Document:
    return account.insert(
        {
            "id": new_id("pm_1"),
            "object": "payment_method",
            "allow_redisplay": params.get("allow_redisplay", "unspecified"),
            "billing_details": merge(None, params.get("billing_details") or {}, blank_billing_details()),
            kind: details,
            "created": account.now,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": merge_metadata({}, params.get("metadata")),
            "shared_payment_granted_token": None,
            "type": kind,
            **private,
        }
    )


def card_details(account: Account, card: PublishedCard) -> Document:
    """Describe a test card as a payment method does; every test card expires next year."""
    today = datetime.fromtimestamp(account.now, tz=UTC)
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": today.month,
        "exp_year": today.year + 1,
        "fingerprint": hashlib.sha256(f"{account.id}:{card.name}:{card.last4}".encode()).hexdigest()[:16],
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.authentication != "unsupported"},
        "wallet": None,
    }


def retrieve(account: Account, payment_method_id: str) -> Document:
    """Return one payment method; asking for a test token creates one, as Stripe does."""
    card = find_card(payment_method_id)
    if card is not None:
        return from_card(account, card, {})
    return account.retrieve("payment_method", payment_method_id)


def update(account: Account, payment_method_id: str, params: Params) -> Document:
    """Change the billing details, expiry or metadata of a payment method that belongs to a customer."""
    method = account.retrieve("payment_method", payment_method_id)
    for name in sorted(params.keys() - {"billing_details", "card", "expand", "metadata"}):
        raise unsupported(name)
    for name in sorted((params.get("card") or {}).keys() - {"exp_month", "exp_year"}):
        raise unsupported(f"card[{name}]")
    if method["customer"] is None:
        raise InvalidRequest("You must save this PaymentMethod to a customer before you can update it.")
    if "billing_details" in params:
        method["billing_details"] = merge(
            method["billing_details"], params["billing_details"] or {}, blank_billing_details()
        )
    for name in ("exp_month", "exp_year"):
        method["card"][name] = (params.get("card") or {}).get(name, method["card"][name])
    method["metadata"] = merge_metadata(method["metadata"], params.get("metadata"))
    account.save(method)
    emit(account, "payment_method.updated", method)
    return method


def list_payment_methods(account: Account, params: Params) -> Document:
    """Return payment methods attached to a customer."""
    return list_objects(account, "payment_method", params, url="/v1/payment_methods")


def attach(account: Account, payment_method_id: str, params: Params) -> Document:
    """Save a payment method to a customer; the issuer may decline that too."""
    if "customer_account" in params:
        raise unsupported("customer_account")
    if "customer" not in params:
        raise InvalidParameter("Missing required param: customer.", code="parameter_missing", param="customer")
    method = retrieve(account, payment_method_id)
    customer = account.referenced("customer", params["customer"], "customer")
    if method["customer"] is not None:
        raise InvalidRequest("The payment method you provided has already been attached to a customer.")
    if method.get("_is_spent"):
        raise spent()
    return attach_to(account, method, customer["id"])


def attach_to(account: Account, method: Document, customer_id: str) -> Document:
    """Save a payment method to a customer."""
    if method["type"] in BANKS:
        raise InvalidRequest("This sandbox emulates saved payment methods of type card.", param="payment_method")
    card = card_behind(method)
    if card.decline is not None and not card.attaches:
        raise CardNotSaved(
            card.decline.message,
            code=card.decline.code,
            decline_code=card.decline.decline_code,
            param=card.decline.param,
        )
    method["customer"] = customer_id
    method["card"]["checks"]["cvc_check"] = "pass"
    account.save(method)
    emit(account, "payment_method.attached", method)
    return method


def detach(account: Account, payment_method_id: str) -> Document:
    """Take a payment method from its customer for good."""
    method = account.retrieve("payment_method", payment_method_id)
    customer_id = method["customer"]
    if customer_id is None:
        raise InvalidRequest(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    method["customer"] = None
    method["_is_spent"] = True
    account.save(method)
    emit(account, "payment_method.detached", method, previous={"customer": customer_id})
    return method


def referenced(account: Account, payment_method_id: str, param: str = "payment_method") -> Document:
    """Return the payment method a parameter names: one of the account's, or a new one for a test token."""
    card = find_card(payment_method_id)
    if card is not None:
        return from_card(account, card, {})
    return account.referenced("payment_method", payment_method_id, param)


def copy(account: Account, method: Document, granted_token: str) -> Document:
    """Copy a payment method for a seller who was granted it: no customer, metadata or check results."""
    card = card_behind(method)
    return account.insert(
        {
            **method,
            "id": new_id("pm_1"),
            "created": account.now,
            "customer": None,
            "metadata": {},
            "card": {**method["card"], "checks": card_details(account, card)["checks"]},
            "shared_payment_granted_token": granted_token,
        }
    )


def card_behind(method: Document) -> PublishedCard:
    """Return the test card behind a stored payment method or card."""
    return BY_NAME[method["_test_card"]]


def spent() -> InvalidRequest:
    """Refuse a payment method that was used once without being saved to a customer."""
    return InvalidRequest(
        "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, "
        "shared with a connected account without Customer attachment, or was detached from a Customer. It "
        "may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer "
        "first.",
        param="payment_method",
    )


def _given_card(account: Account, params: Params) -> PublishedCard:
    if params.get("type", "card") != "card":
        raise InvalidParameter("This sandbox emulates payment methods of type card.", param="type")
    given = params.get("card")
    if not isinstance(given, dict):
        raise InvalidParameter("Missing required param: card.", code="parameter_missing", param="card")
    if "token" in given:
        return card_of_token(account, given["token"], "card[token]")
    return card_of_number(given, "card")


def card_of_token(account: Account, token: str, param: str) -> PublishedCard:
    """Return the card behind `tok_…`: a published test token, or one the account created."""
    card = find_card(token)
    if card is not None:
        return card
    stored = account.referenced("token", token, param)
    if stored["used"]:
        raise InvalidRequest(
            f"You cannot use a Stripe token more than once: {token}.", code="token_already_used", param=param
        )
    stored["used"] = True
    account.save(stored)
    return card_behind(stored)


def card_of_number(given: dict[str, Any], param: str) -> PublishedCard:
    """Return the card behind a published test number; the number goes no further."""
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            path = f"{param}[{name}]"
            raise InvalidParameter(f"Missing required param: {path}.", code="parameter_missing", param=path)
    card = find_card_by_number(str(given["number"]))
    if card is None:
        raise UnknownCard("Your card number is incorrect.", code="incorrect_number", param="number")
    return card
