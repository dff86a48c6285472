"""How a payment intent remembers that an attempt to pay it failed."""

from commerce.payments.sandbox import charges
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.cards import Decline
from commerce.payments.sandbox.documents import Document, public
from commerce.payments.sandbox.errors import CardError, documentation_url
from commerce.payments.sandbox.events import emit


def failed(
    account: Account, intent: Document, method: Document, decline: Decline, *, charge: Document | None = None
) -> CardError:
    """Take an intent back to where it needs another method, and return the error that tells why."""
    shown = _checked(method) if charge is not None else public(method)
    error = {
        "advice_code": decline.advice_code,
        "charge": None if charge is None else charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": documentation_url(decline.code),
        "message": decline.message,
        "network_decline_code": decline.network_decline_code,
        "param": decline.param,
        "payment_method": shown,
        "payment_method_type": "card",
        "type": decline.kind,
    }
    intent["last_payment_error"] = {name: value for name, value in error.items() if value is not None}
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        shared_payment_granted_token=None,
        next_action=None,
    )
    account.save(intent)
    emit(account, "payment_intent.payment_failed", intent)
    return charges.declined(decline, charge=error["charge"], payment_intent=public(intent), payment_method=shown)


def _checked(method: Document) -> Document:
    """Return a method as it is shown after its card was tried: the security code has been checked."""
    card = method["card"]
    return public({**method, "card": {**card, "checks": {**card["checks"], "cvc_check": "pass"}}})
