"""Charges that are not of a card: nothing is held, and what is paid is the account's at once."""

from commerce.payments.sandbox import charges, ledger
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.events import emit


def new_charge(account: Account, intent: Document, method: Document, details: Document) -> Document:
    """Return a charge for an intent that has not been decided yet; `details` describe how it is paid."""
    charge = charges.blank_charge(account, amount=intent["amount"], currency=intent["currency"], method=method)
    charge["payment_method_details"] = {method["type"]: details, "type": method["type"]}
    return charges.describe(charge, intent)


def pay(account: Account, intent: Document, charge: Document) -> None:
    """Note that the money of an intent has come. The caller stores both, and tells of them."""
    for entry in ("authorization", "capture"):
        ledger.record(account, entry, charge=charge, amount=charge["amount"])
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    charge["outcome"] = {**charges.AUTHORIZED, "risk_level": "not_assessed", "risk_score": None}
    intent.update(
        status="succeeded", amount_received=charge["amount"], next_action=None, latest_charge=charge["id"]
    )


def tell(account: Account, intent: Document, charge: Document) -> Document:
    """Store an intent that is paid, and tell of it and its charge."""
    account.save(intent)
    emit(account, "charge.succeeded", charge)
    emit(account, "payment_intent.succeeded", intent)
    return intent
