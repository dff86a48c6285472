"""One attempt to pay a payment intent: refused, declined, waiting for authentication, held or captured."""

from collections.abc import Callable, Mapping

from commerce.payments.sandbox import (
    authorizations,
    bank_debits,
    bank_transfers,
    charges,
    issuers,
    shared_payment_tokens,
    three_d_secure,
)
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.cards import (
    AUTHENTICATION_NOT_HANDLED,
    AUTHENTICATION_REQUIRED,
    AUTHENTICATION_UNPROVEN,
    PublishedCard,
)
from commerce.payments.sandbox.documents import Document, Params, public
from commerce.payments.sandbox.errors import InvalidRequest
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.payment_failures import failed
from commerce.payments.sandbox.payment_methods import attach_to, card_behind, spent

# Parameters that shape one attempt and are not kept.
OPTIONS = frozenset(("error_on_requires_action", "mandate_data", "off_session", "return_url", "use_stripe_sdk"))
BANKS: Mapping[str, Callable[[Account, Document, Document, Params], Document]] = {
    "customer_balance": bank_transfers.start,
    "sepa_debit": bank_debits.start,
}
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
RETURN_URL_NEEDED = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
    "these payment methods might redirect your customer off of your page, you must provide a `return_url`. "
    "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` "
    "to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
    "Payment Intents."
)


def check_confirmable(intent: Document) -> None:
    """Refuse an intent that is past paying."""
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected(
            f"This PaymentIntent could not be confirmed because it has a status of {intent['status']}. Only "
            f"a PaymentIntent with one of the following statuses may be confirmed: {', '.join(CONFIRMABLE)}.",
            intent,
        )


def attempt(
    account: Account,
    intent: Document,
    method: Document | None,
    params: Params,
    *,
    before: Document | None = None,
) -> Document:
    """Try to pay an intent that is already stored; `before` is how a refused request leaves it."""
    chosen = method or _customer_default(account, intent)
    unchanged = before or public(intent)
    if chosen is None:
        raise _missing_method(intent, unchanged)
    _check_method(intent, chosen, unchanged)
    _check_terms(intent, chosen, params, unchanged)
    if chosen["shared_payment_granted_token"] is not None:
        shared_payment_tokens.check_chargeable(account, intent, chosen["shared_payment_granted_token"])
    intent.update(payment_method=chosen["id"], next_action=None, last_payment_error=None)
    if chosen["type"] != "customer_balance":
        bank_transfers.release(account, intent)
    if chosen["type"] in BANKS:
        return BANKS[chosen["type"]](account, intent, chosen, params)
    card = card_behind(chosen)
    given = intent.pop("_three_d_secure", None)
    if given is not None and not three_d_secure.is_proof(given):
        raise failed(account, intent, chosen, AUTHENTICATION_UNPROVEN)
    if given is not None:
        return pay(account, intent, chosen, three_d_secure.handed_over(given))
    if _needs_authentication(intent, card, params):
        return _demand_authentication(account, intent, chosen, params)
    return pay(account, intent, chosen, _unsupported(intent, card))


def _customer_default(account: Account, intent: Document) -> Document | None:
    if intent["customer"] is None:
        return None
    customer = account.retrieve("customer", intent["customer"])
    method_id = customer.get("invoice_settings", {}).get("default_payment_method")
    return None if method_id is None else account.find("payment_method", method_id)


def _missing_method(intent: Document, unchanged: Document) -> InvalidRequest:
    hint = (
        "You can either update the PaymentIntent with a payment method and then confirm it again, or "
        "confirm it again directly with a payment method or ConfirmationToken."
        if intent["customer"] is None
        else f"To confirm the PaymentIntent with {intent['customer']}, specify a payment method attached to "
        "this customer along with the customer ID."
    )
    return _unexpected(
        f"You cannot confirm this PaymentIntent because it's missing a payment method. {hint}", unchanged
    )


def _check_method(intent: Document, method: Document, unchanged: Document) -> None:
    owner = method["customer"]
    if owner is None and method.get("_is_spent"):
        raise spent()
    if owner is not None and intent["customer"] is None:
        raise InvalidRequest(
            f"The `payment_method` parameter supplied {method['id']} belongs to the Customer {owner}. "
            "Please include the Customer in the `customer` parameter on the PaymentIntent.",
            code="parameter_missing",
            param="source",
            payment_intent=unchanged,
        )
    if owner is not None and owner != intent["customer"]:
        raise InvalidRequest(
            f"The PaymentMethod {method['id']} does not belong to the Customer you supplied "
            f"{intent['customer']}. Please use this PaymentMethod with the Customer that it belongs to "
            "instead.",
            param="payment_method",
            payment_intent=unchanged,
        )


def _check_terms(intent: Document, method: Document, params: Params, unchanged: Document) -> None:
    types = intent["allowed_payment_method_types"] or intent["payment_method_types"]
    if method["type"] not in types:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Please attach "
            f"a PaymentMethod of one of the following types: {', '.join(types)}.",
            code="payment_intent_incompatible_payment_method",
            payment_intent=unchanged,
        )
    if intent["statement_descriptor"] is not None:
        raise InvalidRequest(
            "The `statement_descriptor` parameter is not supported for card payments. Use "
            "`statement_descriptor_suffix` instead.",
            param="statement_descriptor",
            payment_intent=unchanged,
        )
    automatic = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["allow_redirects"] == "always"
    if redirects and "return_url" not in params and not params.get("off_session"):
        raise InvalidRequest(RETURN_URL_NEEDED, payment_intent=unchanged)


def _is_authentication_requested(intent: Document) -> bool:
    return intent["payment_method_options"]["card"]["request_three_d_secure"] in ("any", "challenge")


def _unsupported(intent: Document, card: PublishedCard) -> Document | None:
    """Note that authentication was asked for in vain."""
    is_in_vain = card.authentication == "unsupported" and _is_authentication_requested(intent)
    return three_d_secure.not_supported() if is_in_vain else None


def _needs_authentication(intent: Document, card: PublishedCard, params: Params) -> bool:
    if card.authentication == "optional":
        return _is_authentication_requested(intent)
    if card.authentication == "on_session":
        return not params.get("off_session")
    return card.authentication == "always"


def _demand_authentication(account: Account, intent: Document, method: Document, params: Params) -> Document:
    if params.get("off_session"):
        raise failed(account, intent, method, AUTHENTICATION_REQUIRED)
    if params.get("error_on_requires_action"):
        raise failed(account, intent, method, AUTHENTICATION_NOT_HANDLED)
    intent["status"] = "requires_action"
    intent["next_action"] = _next_action(account, intent, params)
    account.save(intent)
    emit(account, "payment_intent.requires_action", intent)
    return intent


def _next_action(account: Account, intent: Document, params: Params) -> Document:
    """Say where the buyer authenticates; an integration without a return_url hands it to its own client."""
    url = f"{account.origin}/_sandbox/3ds/{intent['id']}"
    if "return_url" in params and not params.get("use_stripe_sdk"):
        return {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": params["return_url"], "url": url},
        }
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}


def pay(account: Account, intent: Document, method: Document, authentication: Document | None = None) -> Document:
    """Charge the method of an intent that needs no further authentication."""
    card = card_behind(method)
    charge = _new_charge(account, intent, method, card)
    charge["payment_method_details"]["card"]["three_d_secure"] = authentication
    intent["latest_charge"] = charge["id"]
    if card.decline is not None:
        charges.fail(account, charge, card.decline)
        raise failed(account, intent, method, card.decline, charge=charge)
    charges.authorize(account, charge)
    if _is_manual(intent):
        authorizations.start(account, charge)
        intent.update(status="requires_capture", amount_capturable=charge["amount"])
    else:
        charges.take(account, charge, charge["amount"])
        intent.update(status="succeeded", amount_received=charge["amount"])
    account.insert(charge)
    account.save(intent)
    emit(account, "charge.succeeded", charge)
    _use_method(account, intent, method)
    is_held = intent["status"] == "requires_capture"
    if not is_held:
        issuers.react(account, charge)
    emit(account, "payment_intent.amount_capturable_updated" if is_held else "payment_intent.succeeded", intent)
    return intent


def _new_charge(account: Account, intent: Document, method: Document, card: PublishedCard) -> Document:
    charge = charges.new_charge(
        account, amount=intent["amount"], currency=intent["currency"], method=method, card=card
    )
    charges.describe(charge, intent)
    token = method["shared_payment_granted_token"]
    if token is not None:
        charge["payment_method_details"]["shared_payment_granted_token"] = token
    return charge


def _is_manual(intent: Document) -> bool:
    method = intent["payment_method_options"]["card"].get("capture_method") or intent["capture_method"]
    return bool(method == "manual")


def _use_method(account: Account, intent: Document, method: Document) -> None:
    """Use up what can be used once: a granted token, and a method that is not saved to a customer."""
    token = method["shared_payment_granted_token"]
    if token is not None:
        shared_payment_tokens.consume(account, token, intent["amount_received"])
    if method["customer"] is not None:
        return
    if intent["setup_future_usage"] is not None and intent["customer"] is not None:
        attach_to(account, method, intent["customer"])
    else:
        method["_is_spent"] = True
        account.save(method)


def _unexpected(message: str, intent: Document) -> InvalidRequest:
    return InvalidRequest(message, code="payment_intent_unexpected_state", payment_intent=public(intent))
