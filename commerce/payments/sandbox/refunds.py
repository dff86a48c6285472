"""Refunds: captured money on its way back, never more than was captured.

A refund to most cards succeeds at once. Two published cards do otherwise: to one it is pending at first, to the
other it succeeds and fails afterwards, when the money is the account's again. Both happen ten minutes later on
the account's clock (Stripe says "some time").
"""

from commerce.payments.sandbox import balance_transactions, fraud_warnings, ledger, timers
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.authorizations import PLACE_A_HOLD
from commerce.payments.sandbox.currencies import money_text
from commerce.payments.sandbox.dispute_documents import is_charged_back
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import InvalidParameter, InvalidRequest, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata
from commerce.payments.sandbox.payment_methods import card_behind

CREATE_PARAMS = frozenset(("amount", "charge", "expand", "metadata", "payment_intent", "reason"))
SETTLE = "settle_refund"
FAIL = "fail_refund"
SETTLES_AFTER = 10 * 60


def create(account: Account, params: Params) -> Document:
    """Refund a charge, whole or in part; partial refunds add up to what was captured and no further."""
    for name in sorted(params.keys() - CREATE_PARAMS):
        raise unsupported(name)
    charge = _charge_to_refund(account, params)
    _check_refundable(charge)
    if charge["payment_method_details"]["type"] != "card":
        raise InvalidRequest("This sandbox emulates refunds to cards.", param="charge")
    if is_charged_back(account, charge):
        raise InvalidRequest(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    amount = _amount_to_refund(charge, params)
    refund = _new_refund(account, charge, amount, params)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.save(charge)
    _send(account, charge, refund)
    account.insert(refund)
    emit(account, "refund.created", refund)
    emit(account, "charge.refunded", charge)
    if charge["refunded"]:
        fraud_warnings.note_full_refund(account, charge)
    return refund


def _send(account: Account, charge: Document, refund: Document) -> None:
    """Begin a refund in the way of its card. The caller stores it."""
    outcome = card_behind(charge).refund_outcome
    later = account.now + SETTLES_AFTER
    if outcome == "is_pending_first":
        refund.update(status="pending", pending_reason="processing")
        timers.schedule(account, SETTLE, refund["id"], due=later)
        return
    _succeed(account, charge, refund)
    if outcome == "fails_later":
        timers.schedule(account, FAIL, refund["id"], due=later)


def _succeed(account: Account, charge: Document, refund: Document) -> None:
    """Take the money from the account. The caller stores the refund."""
    amount = refund["amount"]
    ledger.record(account, "refund", charge=charge, amount=amount, refund=refund["id"])
    refund["status"] = "succeeded"
    refund["balance_transaction"] = balance_transactions.create(
        account,
        "refund",
        category="refund",
        amount=-amount,
        currency=refund["currency"],
        source=refund["id"],
        description="REFUND FOR CHARGE",
    )["id"]


def settle(account: Account, refund_id: str) -> None:
    """Let a pending refund succeed."""
    refund = account.retrieve("refund", refund_id)
    before = {name: refund[name] for name in ("balance_transaction", "pending_reason", "status")}
    del refund["pending_reason"]
    _succeed(account, account.retrieve("charge", refund["charge"]), refund)
    account.save(refund)
    for told in ("refund.updated", "charge.refund.updated"):
        emit(account, told, refund, previous=before)


def fail(account: Account, refund_id: str, reason: str = "expired_or_canceled_card") -> None:
    """Let a refund fail that had succeeded: the money is back, and nobody has been refunded."""
    refund = account.retrieve("refund", refund_id)
    charge = account.retrieve("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    account.save(charge)
    before = {"failure_balance_transaction": None, "status": refund["status"]}
    _take_back(account, charge, refund)
    refund.update(status="failed", failure_reason=reason)
    account.save(refund)
    for told in ("refund.updated", "charge.refund.updated", "refund.failed"):
        emit(account, told, refund, previous=before)


def _take_back(account: Account, charge: Document, refund: Document) -> None:
    """Return the money of a refund to the account. The caller stores the refund."""
    amount = refund["amount"]
    ledger.record(account, "refund_failure", charge=charge, amount=amount, refund=refund["id"])
    refund["failure_balance_transaction"] = balance_transactions.create(
        account,
        "refund_failure",
        category="refund_failure",
        amount=amount,
        currency=refund["currency"],
        source=refund["id"],
        description="REFUND FAILURE FOR CHARGE",
    )["id"]


def _charge_to_refund(account: Account, params: Params) -> Document:
    if "charge" in params:
        charge = account.retrieve("charge", params["charge"])
        intent_id = params.get("payment_intent", charge["payment_intent"])
        if intent_id != charge["payment_intent"]:
            raise InvalidRequest(
                f"Charge {charge['id']} does not belong to PaymentIntent {intent_id}.", param="charge"
            )
        return charge
    if "payment_intent" not in params:
        raise InvalidParameter(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = account.retrieve("payment_intent", params["payment_intent"])
    latest = intent["latest_charge"]
    if latest is None:
        raise _without_charge(intent["id"])
    return account.retrieve("charge", latest)


def _check_refundable(charge: Document) -> None:
    if charge["status"] == "failed":
        raise _without_charge(charge["payment_intent"] or charge["id"])
    if charge["captured"]:
        return
    if charge["payment_intent"] is None:
        raise InvalidRequest(f"Charge {charge['id']} has not been captured, so there is nothing to refund.")
    raise InvalidRequest(
        f"This uncaptured Charge was created by a PaymentIntent ({charge['payment_intent']}). You must "
        "cancel the PaymentIntent to reverse the authorization instead of refunding the Charge directly. "
        f"For more information, see {PLACE_A_HOLD}"
    )


def _without_charge(intent_id: str) -> InvalidRequest:
    return InvalidRequest(f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.")


def _amount_to_refund(charge: Document, params: Params) -> int:
    remaining: int = charge["amount_captured"] - charge["amount_refunded"]
    if remaining == 0:
        raise InvalidRequest(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount: int = params.get("amount", remaining)
    if amount < 1:
        raise InvalidParameter(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > remaining:
        currency = charge["currency"]
        raise InvalidRequest(
            f"Refund amount ({money_text(amount, currency)}) is greater than unrefunded amount on charge "
            f"({money_text(remaining, currency)})",
            param="amount",
        )
    return amount


def _new_refund(account: Account, charge: Document, amount: int, params: Params) -> Document:
    return {
        "id": new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": account.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "failure_balance_transaction": None,
        "metadata": merge_metadata({}, params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def retrieve(account: Account, refund_id: str) -> Document:
    """Return one refund."""
    return account.retrieve("refund", refund_id)


def list_refunds(account: Account, params: Params) -> Document:
    """Return refunds, newest first."""
    return list_objects(account, "refund", params, url="/v1/refunds")


def update(account: Account, refund_id: str, params: Params) -> Document:
    """Change the metadata of a refund."""
    refund = account.retrieve("refund", refund_id)
    refund["metadata"] = merge_metadata(refund["metadata"], params.get("metadata"))
    account.save(refund)
    emit(account, "refund.updated", refund)
    emit(account, "charge.refund.updated", refund)
    return refund


def cancel(account: Account, refund_id: str) -> Document:
    """Refuse to cancel a refund: those of cards are made at once."""
    account.retrieve("refund", refund_id)
    raise InvalidRequest("Canceling this refund is unsupported.")
