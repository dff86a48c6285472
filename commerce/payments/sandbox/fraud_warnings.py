"""Early fraud warnings: an issuer reports a payment as fraudulent and takes no money yet."""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.payment_methods import card_behind

KIND = "radar.early_fraud_warning"
URL = "/v1/radar/early_fraud_warnings"


def open_if_reported(account: Account, charge: Document) -> None:
    """Warn of a charge, if its card's issuer does that, in the transaction that captures it."""
    if not card_behind(charge).is_reported_as_fraud:
        return
    warning = {
        "id": new_id("issfr_1"),
        "object": KIND,
        "actionable": True,
        "charge": charge["id"],
        "created": account.now,
        "fraud_type": "misc",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    emit(account, f"{KIND}.created", account.insert(warning))


def note_full_refund(account: Account, charge: Document) -> None:
    """Take a warning as heeded: the cardholder has all the money back."""
    for warning in list_objects(account, KIND, {"charge": charge["id"]}, url=URL)["data"]:
        warning["actionable"] = False
        account.save(warning)
        emit(account, f"{KIND}.updated", warning, previous={"actionable": True})


def retrieve(account: Account, warning_id: str) -> Document:
    """Return one early fraud warning."""
    return account.retrieve(KIND, warning_id)


def list_warnings(account: Account, params: Params) -> Document:
    """Return early fraud warnings, newest first."""
    return list_objects(account, KIND, params, url=URL)
