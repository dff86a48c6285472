"""Refunds: captured money on its way back, never more than was captured."""

from commerce.payments.sandbox import ledger
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.charges import PLACE_A_HOLD
from commerce.payments.sandbox.currencies import money_text
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import InvalidParameter, InvalidRequest, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata

CREATE_PARAMS = frozenset(("amount", "charge", "expand", "metadata", "payment_intent", "reason"))


def create(account: Account, params: Params) -> Document:
    """Refund a charge, whole or in part; partial refunds add up to what was captured and no further."""
    for name in sorted(params.keys() - CREATE_PARAMS):
        raise unsupported(name)
    charge = _charge_to_refund(account, params)
    _check_refundable(charge)
    amount = _amount_to_refund(charge, params)
    refund = account.insert(_new_refund(account, charge, amount, params))
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.save(charge)
    ledger.record(account, "refund", charge=charge, amount=amount, refund=refund["id"])
    emit(account, "refund.created", refund)
    emit(account, "charge.refunded", charge)
    return refund


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
