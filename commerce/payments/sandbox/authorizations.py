"""How long a hold lasts: captured or released within seven days, or it expires.

Source: Stripe's guide to placing a hold on a payment method; seven days is what every brand grants an online
payment in test mode.
"""

from commerce.payments.sandbox import ledger, timers
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document
from commerce.payments.sandbox.events import emit

PLACE_A_HOLD = "https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"
LASTS = 7 * 24 * 60 * 60
EXPIRE = "expire_authorization"


def start(account: Account, charge: Document) -> None:
    """Say until when a held amount may be captured. The caller stores the charge."""
    capture_before = account.now + LASTS
    charge["payment_method_details"]["card"]["capture_before"] = capture_before
    timers.schedule(account, EXPIRE, charge["id"], due=capture_before)


def expire(account: Account, charge_id: str) -> None:
    """Release a hold that nobody captured, and cancel the payment intent that waited for it."""
    charge = account.retrieve("charge", charge_id)
    ledger.record(account, "void", charge=charge, amount=charge["amount"])
    charge["_is_expired"] = True
    account.save(charge)
    emit(account, "charge.expired", charge)
    if charge["payment_intent"] is not None:
        _cancel(account, account.retrieve("payment_intent", charge["payment_intent"]))


def _cancel(account: Account, intent: Document) -> None:
    intent.update(status="canceled", amount_capturable=0, canceled_at=account.now, next_action=None)
    intent["cancellation_reason"] = "automatic"
    account.save(intent)
    emit(account, "payment_intent.canceled", intent)
