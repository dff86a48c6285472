"""The outcome of a challenge: the buyer passed it or did not, and the payment goes on or is over."""

from commerce.payments.sandbox import confirmation, shared_payment_tokens, three_d_secure
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.cards import AUTHENTICATION_FAILED, Decline
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.errors import CardError, InvalidRequest
from commerce.payments.sandbox.payment_failures import failed


def complete(account: Account, intent: Document) -> None:
    """Charge the card of an intent whose buyer passed the challenge; the card may still be declined."""
    method = account.retrieve("payment_method", intent["payment_method"])
    try:
        if method["shared_payment_granted_token"] is not None:
            shared_payment_tokens.check_chargeable(account, intent, method["shared_payment_granted_token"])
    except InvalidRequest as refusal:
        # The token was revoked, expired or used up while the buyer was away.
        failed(account, intent, method, _refused(refusal))
        return
    intent["next_action"] = None
    try:
        confirmation.pay(account, intent, method, three_d_secure.challenged(method["card"]["brand"]))
    except CardError:
        # The intent has it as its last payment error.
        return


def reject(account: Account, intent: Document) -> None:
    """Take an intent whose buyer failed the challenge back to where it needs another method."""
    method = account.retrieve("payment_method", intent["payment_method"])
    failed(account, intent, method, AUTHENTICATION_FAILED)


def _refused(refusal: InvalidRequest) -> Decline:
    return Decline(refusal.message, code=refusal.code, param=refusal.param, kind=refusal.kind)
