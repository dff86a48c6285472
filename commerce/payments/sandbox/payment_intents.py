"""Payment intents: the state machine of one payment, from its amount to its capture or cancellation."""

from commerce.payments.sandbox import (
    bank_debits,
    bank_transfers,
    charges,
    confirmation,
    issuers,
    ledger,
    shared_payment_tokens,
    timers,
)
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.currencies import check_amount, check_currency
from commerce.payments.sandbox.documents import Document, Params, public, snapshot
from commerce.payments.sandbox.errors import InvalidParameter, InvalidRequest, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id, random_text
from commerce.payments.sandbox.intent_terms import apply_terms, choose_method, default_options
from commerce.payments.sandbox.listing import list_objects, search_objects
from commerce.payments.sandbox.metadata import merge_metadata

URL = "/v1/payment_intents"
TERMS = frozenset(
    ("allowed_payment_method_types", "capture_method", "customer", "description", "expand", "metadata",
     "payment_method", "payment_method_data", "payment_method_options", "payment_method_types",
     "receipt_email", "setup_future_usage", "shipping", "statement_descriptor",
     "statement_descriptor_suffix", "transfer_group")
)  # fmt: skip
CREATE_PARAMS = (
    TERMS
    | confirmation.OPTIONS
    | {"amount", "automatic_payment_methods", "confirm", "confirmation_method", "currency"}
)
UPDATE_PARAMS = TERMS | {"amount", "currency"}
CONFIRM_PARAMS = (TERMS - {"customer", "description", "metadata", "transfer_group"}) | confirmation.OPTIONS
CAPTURE_PARAMS = frozenset(
    ("amount_to_capture", "expand", "final_capture", "metadata", "statement_descriptor_suffix")
)

EDITABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (
    "requires_payment_method", "requires_capture", "requires_reauthorization", "requires_confirmation",
    "requires_action", "expired", "processing",
)  # fmt: skip


def create(account: Account, params: Params) -> Document:
    """Create a payment intent and, with `confirm`, try to pay it at once."""
    _refuse_unsupported(params, CREATE_PARAMS)
    should_confirm = params.get("confirm", False)
    for name in sorted(confirmation.OPTIONS & params.keys()):
        if not should_confirm:
            raise InvalidParameter(
                f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is "
                "set to true.",
                param=name,
            )
    intent = _new_intent(account, params)
    apply_terms(account, intent, params)
    method = choose_method(account, intent, params)
    account.insert(intent)
    emit(account, "payment_intent.created", intent)
    return confirmation.attempt(account, intent, method, params) if should_confirm else intent


def _new_intent(account: Account, params: Params) -> Document:
    currency = check_currency(params["currency"])
    check_amount(params["amount"], currency)
    intent_id = new_id("pi_3")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": _automatic_payment_methods(params),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": account.now,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": default_options(),
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shared_payment_granted_token": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def _automatic_payment_methods(params: Params) -> Document | None:
    """Let Stripe choose the payment methods: the default, unless the request names their types."""
    named = [name for name in ("payment_method_types", "allowed_payment_method_types") if name in params]
    given = params.get("automatic_payment_methods")
    if named and given is not None:
        raise InvalidParameter(
            f"You may only specify one of these parameters: automatic_payment_methods, {named[0]}.",
            code="parameters_exclusive",
            param=named[0],
        )
    if named or (given is not None and not given["enabled"]):
        return None
    return {"allow_redirects": (given or {}).get("allow_redirects", "always"), "enabled": True}


def retrieve(account: Account, intent_id: str) -> Document:
    """Return one payment intent."""
    return account.retrieve("payment_intent", intent_id)


def list_payment_intents(account: Account, params: Params) -> Document:
    """Return payment intents, newest first."""
    return list_objects(account, "payment_intent", params, url=URL)


def search(account: Account, params: Params) -> Document:
    """Return the payment intents that match a query; unlike Stripe's, this search is never behind."""
    return search_objects(account, "payment_intent", params, url=f"{URL}/search")


def update(account: Account, intent_id: str, params: Params) -> Document:
    """Change the terms of a payment intent; its amount and method only while nothing is in flight."""
    intent = account.retrieve("payment_intent", intent_id)
    _refuse_unsupported(params, UPDATE_PARAMS)
    for name in ("amount", "currency", "payment_method", "payment_method_data", "capture_method"):
        if name in params and intent["status"] not in EDITABLE:
            raise _not_editable(intent, name)
    intent["currency"] = check_currency(params.get("currency") or intent["currency"])
    intent["amount"] = params.get("amount", intent["amount"])
    check_amount(intent["amount"], intent["currency"])
    apply_terms(account, intent, params)
    choose_method(account, intent, params)
    return account.save(intent)


def _not_editable(intent: Document, name: str) -> InvalidRequest:
    return InvalidRequest(
        f"This PaymentIntent's {name} could not be updated because it has a status of {intent['status']}. "
        f"You may only update the {name} of a PaymentIntent with one of the following statuses: "
        f"{', '.join(EDITABLE)}.",
        code="payment_intent_unexpected_state",
        param=name,
        payment_intent=public(intent),
    )


def confirm(account: Account, intent_id: str, params: Params) -> Document:
    """Try to pay a payment intent."""
    intent = account.retrieve("payment_intent", intent_id)
    _refuse_unsupported(params, CONFIRM_PARAMS)
    confirmation.check_confirmable(intent)
    before = snapshot(intent)
    apply_terms(account, intent, params)
    method = choose_method(account, intent, params)
    return confirmation.attempt(account, intent, method, params, before=before)


def capture(account: Account, intent_id: str, params: Params) -> Document:
    """Capture what is held, or part of it; the rest of the hold is released."""
    intent = account.retrieve("payment_intent", intent_id)
    _refuse_unsupported(params, CAPTURE_PARAMS)
    if not params.get("final_capture", True):
        raise unsupported("final_capture")
    _check_capturable(intent)
    amount = charges.capturable(
        params.get("amount_to_capture"),
        intent["amount_capturable"],
        "amount_to_capture",
        public(intent),
    )
    charge = account.retrieve("charge", intent["latest_charge"])
    charges.take(account, charge, amount)
    account.save(charge)
    intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata"))
    if intent["shared_payment_granted_token"] is not None:
        shared_payment_tokens.add_captured(account, intent["shared_payment_granted_token"], amount)
    account.save(intent)
    emit(account, "charge.captured", charge)
    issuers.react(account, charge)
    emit(account, "payment_intent.succeeded", intent)
    return intent


def _check_capturable(intent: Document) -> None:
    if intent["status"] == "requires_capture":
        return
    if intent["status"] == "succeeded":
        message = (
            "The remaining amount on this PaymentIntent could not be captured because the remainder of the "
            "authorized amount has been released."
        )
    else:
        message = (
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture."
        )
    raise InvalidRequest(message, code="payment_intent_unexpected_state", payment_intent=public(intent))


def cancel(account: Account, intent_id: str, params: Params) -> Document:
    """Cancel a payment intent and release what it holds."""
    intent = account.retrieve("payment_intent", intent_id)
    if intent["status"] not in CANCELABLE:
        raise InvalidRequest(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
            code="payment_intent_unexpected_state",
            payment_intent=public(intent),
        )
    if intent["amount_capturable"]:
        # Since 2025-03-31 a released hold is no refund: the charge keeps its uncaptured shape.
        charge = account.retrieve("charge", intent["latest_charge"])
        ledger.record(account, "void", charge=charge, amount=intent["amount_capturable"])
        timers.drop(account, charge["id"])
    if intent["status"] == "processing":
        bank_debits.give_up(account, account.retrieve("charge", intent["latest_charge"]))
    bank_transfers.release(account, intent)
    intent.update(status="canceled", amount_capturable=0, canceled_at=account.now, next_action=None)
    intent["cancellation_reason"] = params.get("cancellation_reason")
    account.save(intent)
    emit(account, "payment_intent.canceled", intent)
    return intent


def _refuse_unsupported(params: Params, supported: frozenset[str]) -> None:
    for name in sorted(params.keys() - supported):
        raise unsupported(name)
