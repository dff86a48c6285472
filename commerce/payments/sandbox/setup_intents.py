"""Setup intents: a card is saved to a customer for later, and nothing is paid.

The account's Dashboard offers cards only for this, and a card never leads the buyer away; so no `return_url` is
needed. Cards that ask for authentication when they are saved are not emulated.
"""

from commerce.payments.sandbox import payment_methods
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.cards import Decline
from commerce.payments.sandbox.documents import Document, Params, public
from commerce.payments.sandbox.errors import CardError, InvalidRequest, documentation_url, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id, random_text
from commerce.payments.sandbox.intent_terms import default_options
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata

URL = "/v1/setup_intents"
CONFIRM_PARAMS = frozenset(("expand", "payment_method", "return_url", "use_stripe_sdk"))
UPDATE_PARAMS = frozenset(
    ("allowed_payment_method_types", "customer", "description", "expand", "metadata", "payment_method",
     "payment_method_types")
)  # fmt: skip
CREATE_PARAMS = UPDATE_PARAMS | CONFIRM_PARAMS | {"automatic_payment_methods", "confirm", "usage"}
OPEN = ("requires_payment_method", "requires_confirmation")


def create(account: Account, params: Params) -> Document:
    """Create a setup intent and, with `confirm`, save the card at once."""
    _refuse_unsupported(params, CREATE_PARAMS)
    intent = _new_intent(account, params)
    _apply(account, intent, params)
    account.insert(intent)
    emit(account, "setup_intent.created", intent)
    return _attempt(account, intent) if params.get("confirm") else intent


def _new_intent(account: Account, params: Params) -> Document:
    intent_id = new_id("seti_1")
    names = params.keys() & {"allowed_payment_method_types", "payment_method_types"}
    return {
        "id": intent_id,
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": None if names else {"allow_redirects": "always", "enabled": True},
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "created": account.now,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": default_options(),
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }


def _apply(account: Account, intent: Document, params: Params) -> None:
    for name in ("allowed_payment_method_types", "payment_method_types"):
        if any(kind != "card" for kind in params.get(name) or ()):
            raise unsupported(name)
    if given := params.get("automatic_payment_methods"):
        intent["automatic_payment_methods"] = {"allow_redirects": "always", **given}
    if "customer" in params:
        intent["customer"] = account.referenced("customer", params["customer"], "customer")["id"]
    if "description" in params:
        intent["description"] = params["description"] or None
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata"))
    if "payment_method" in params:
        method = payment_methods.referenced(account, params["payment_method"])
        if method["type"] != "card":
            raise InvalidRequest("This sandbox emulates setup intents for cards.", param="payment_method")
        intent.update(payment_method=method["id"], status="requires_confirmation")


def retrieve(account: Account, intent_id: str) -> Document:
    """Return one setup intent."""
    return account.retrieve("setup_intent", intent_id)


def list_setup_intents(account: Account, params: Params) -> Document:
    """Return setup intents, newest first."""
    return list_objects(account, "setup_intent", params, url=URL)


def update(account: Account, intent_id: str, params: Params) -> Document:
    """Change what a setup intent that is not over is about."""
    intent = account.retrieve("setup_intent", intent_id)
    _refuse_unsupported(params, UPDATE_PARAMS)
    _check_open(intent, "updated")
    _apply(account, intent, params)
    return account.save(intent)


def confirm(account: Account, intent_id: str, params: Params) -> Document:
    """Save the card of a setup intent."""
    intent = account.retrieve("setup_intent", intent_id)
    _refuse_unsupported(params, CONFIRM_PARAMS)
    _check_open(intent, "confirmed")
    _apply(account, intent, params)
    return _attempt(account, intent)


def _attempt(account: Account, intent: Document) -> Document:
    if intent["payment_method"] is None:
        raise _unexpected(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent "
            "with a payment method and then confirm it again.",
            intent,
        )
    method = account.retrieve("payment_method", intent["payment_method"])
    card = payment_methods.card_behind(method)
    if card.authentication not in ("never", "optional", "unsupported"):
        raise InvalidRequest(
            f"This sandbox does not emulate setting up {method['id']}: it asks for authentication."
        )
    if card.decline is not None and not card.attaches:
        raise _failed(account, intent, method, card.decline)
    if intent["customer"] is not None and method["customer"] != intent["customer"]:
        payment_methods.attach(account, method["id"], {"customer": intent["customer"]})
    intent.update(status="succeeded", last_setup_error=None)
    account.save(intent)
    emit(account, "setup_intent.succeeded", intent)
    return intent


def _failed(account: Account, intent: Document, method: Document, decline: Decline) -> CardError:
    error = {
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": documentation_url(decline.code),
        "message": decline.message,
        "param": decline.param,
        "payment_method": public(method),
        "payment_method_type": "card",
        "type": decline.kind,
    }
    intent["last_setup_error"] = {name: value for name, value in error.items() if value is not None}
    intent.update(status="requires_payment_method", payment_method=None)
    account.save(intent)
    emit(account, "setup_intent.setup_failed", intent)
    return CardError(
        decline.message,
        code=decline.code,
        decline_code=decline.decline_code,
        param=decline.param,
        payment_method=public(method),
        setup_intent=public(intent),
    )


def cancel(account: Account, intent_id: str, params: Params) -> Document:
    """Give up a setup intent."""
    intent = account.retrieve("setup_intent", intent_id)
    _check_open(intent, "canceled")
    intent.update(status="canceled", cancellation_reason=params.get("cancellation_reason"))
    account.save(intent)
    emit(account, "setup_intent.canceled", intent)
    return intent


def _check_open(intent: Document, done: str) -> None:
    if intent["status"] not in OPEN:
        raise _unexpected(
            f"This SetupIntent could not be {done} because it has a status of {intent['status']}.", intent
        )


def _unexpected(message: str, intent: Document) -> InvalidRequest:
    return InvalidRequest(message, code="setup_intent_unexpected_state", setup_intent=public(intent))


def _refuse_unsupported(params: Params, supported: frozenset[str]) -> None:
    for name in sorted(params.keys() - supported):
        raise unsupported(name)
