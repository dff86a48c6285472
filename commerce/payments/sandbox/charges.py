"""Charges: one attempt to take money from a card, and the only place where money is held or captured."""

from commerce.payments.sandbox import authorizations, issuers, ledger, timers
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.authorizations import PLACE_A_HOLD
from commerce.payments.sandbox.cards import AUTHENTICATION_REQUIRED, Decline, PublishedCard
from commerce.payments.sandbox.currencies import check_amount, check_currency
from commerce.payments.sandbox.documents import Document, Params, blank_billing_details, blank_shipping, merge
from commerce.payments.sandbox.errors import CardError, InvalidParameter, InvalidRequest, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id, random_text
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata
from commerce.payments.sandbox.payment_methods import card_behind, card_details, card_of_token
from commerce.payments.sandbox.tokens import card_object

CREATE_PARAMS = frozenset(
    ("amount", "capture", "currency", "customer", "description", "expand", "metadata", "receipt_email",
     "shipping", "source", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
)  # fmt: skip
OVERCAPTURE = (
    "The payment could not be captured because the requested capture amount is greater than the amount you "
    "can capture for this charge. Contact us via https://support.stripe.com/contact/ for help."
)


def create(account: Account, params: Params) -> Document:
    """Charge a card token without a payment intent, as an account does whose policies still allow it."""
    for name in params.keys() - CREATE_PARAMS:
        raise unsupported(name)
    for name in ("amount", "currency"):
        if name not in params:
            raise InvalidParameter(f"Missing required param: {name}.", code="parameter_missing", param=name)
    currency = check_currency(params["currency"])
    check_amount(params["amount"], currency)
    charge = _of_source(account, params, currency)
    return authorize_and_capture(account, charge, is_captured=params.get("capture", True))


def _of_source(account: Account, params: Params, currency: str) -> Document:
    if "source" not in params:
        raise InvalidParameter("Must provide source or customer.", code="parameter_missing")
    card = card_of_token(account, params["source"], "source")
    source = {**card_object(account, card), "_test_card": card.name}
    details = {
        "card": card_details(account, card),
        "billing_details": blank_billing_details(),
        "id": source["id"],
    }
    charge = new_charge(account, amount=params["amount"], currency=currency, method=details, card=card)
    charge["source"] = {name: source[name] for name in source if not name.startswith("_")}
    if "customer" in params:
        charge["customer"] = account.referenced("customer", params["customer"], "customer")["id"]
    return _describe(charge, params)


def _describe(charge: Document, params: Params) -> Document:
    for name in ("description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix"):
        charge[name] = params.get(name) or charge[name]
    charge["transfer_group"] = params.get("transfer_group")
    charge["metadata"] = merge_metadata({}, params.get("metadata"))
    if params.get("shipping"):
        charge["shipping"] = merge(None, params["shipping"], blank_shipping())
    return charge


def new_charge(account: Account, *, amount: int, currency: str, method: Document, card: PublishedCard) -> Document:
    """Return an attempt that has not been decided yet; `method` is a payment method or a card like one."""
    return {
        **blank_charge(account, amount=amount, currency=currency, method=method),
        "outcome": _outcome(card),
        "payment_method_details": {"card": _attempt_details(method["card"], card, amount), "type": "card"},
        "_test_card": card.name,
    }


def describe(charge: Document, intent: Document) -> Document:
    """Let a charge say of itself what the intent says that it is made for."""
    for name in (
        "customer",
        "description",
        "metadata",
        "receipt_email",
        "shipping",
        "statement_descriptor_suffix",
        "transfer_group",
    ):
        charge[name] = intent[name]
    charge["payment_intent"] = intent["id"]
    return charge


def blank_charge(account: Account, *, amount: int, currency: str, method: Document) -> Document:
    """Return an attempt of which nothing is known yet but what is to be paid."""
    return {
        "id": new_id("ch_3"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "Stripe",
        "captured": False,
        "created": account.now,
        "currency": currency,
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": None,
        "payment_method": method["id"],
        "payment_method_details": {"type": "card"},
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
    }


def _attempt_details(shown: Document, card: PublishedCard, amount: int) -> Document:
    """Describe the card as it was charged: the checks were made now."""
    return {
        "amount_authorized": None,
        "authorization_code": None,
        "brand": shown["brand"],
        "checks": {**shown["checks"], "cvc_check": "pass", **card.checks},
        "country": shown["country"],
        "exp_month": shown["exp_month"],
        "exp_year": shown["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": shown["fingerprint"],
        "funding": shown["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": shown["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": shown["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": shown["regulated_status"],
        "three_d_secure": None,
        "wallet": None,
    }


AUTHORIZED: Document = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def _outcome(card: PublishedCard) -> Document:
    decline = card.decline
    score = {"normal": 25, "elevated": 65, "highest": 85}[card.risk_level]
    outcome = {**AUTHORIZED, "risk_level": card.risk_level, "risk_score": score}
    if decline is None:
        return outcome
    return {**outcome, **(_BLOCKED if decline.is_blocked else _declined_outcome(decline))}


_BLOCKED: Document = {
    "network_status": "not_sent_to_network",
    "reason": "highest_risk_level",
    "seller_message": "Stripe blocked this payment as too risky.",
    "type": "blocked",
}


def _declined_outcome(decline: Decline) -> Document:
    return {
        "advice_code": decline.advice_code,
        "network_decline_code": decline.network_decline_code,
        "network_status": "declined_by_network",
        "reason": decline.decline_code or decline.code,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }


def authorize_and_capture(account: Account, charge: Document, *, is_captured: bool) -> Document:
    """Decide a charge without a payment intent: declined, held, or held and captured at once."""
    card = card_behind(charge)
    decline = card.decline or (
        AUTHENTICATION_REQUIRED if card.authentication in ("always", "on_session") else None
    )
    if decline is not None:
        fail(account, charge, decline)
        raise declined(decline, charge=charge["id"])
    authorize(account, charge)
    if is_captured:
        take(account, charge, charge["amount"])
    else:
        authorizations.start(account, charge)
    account.insert(charge)
    emit(account, "charge.succeeded", charge)
    if is_captured:
        issuers.react(account, charge)
    return charge


def authorize(account: Account, charge: Document) -> None:
    """Hold the whole amount on the card. The caller inserts the charge in the same transaction."""
    charge["paid"] = True
    charge["status"] = "succeeded"
    charge["receipt_url"] = f"{account.origin}/_sandbox/#{charge['id']}"
    details = charge["payment_method_details"]["card"]
    details["amount_authorized"] = charge["amount"]
    details["authorization_code"] = random_text(6)
    details["network_transaction_id"] = new_id("", 15)
    ledger.record(account, "authorization", charge=charge, amount=charge["amount"])


def take(account: Account, charge: Document, amount: int) -> None:
    """Capture held money and release the rest of the hold. The caller stores the charge."""
    ledger.record(account, "capture", charge=charge, amount=amount)
    if amount < charge["amount"]:
        ledger.record(account, "void", charge=charge, amount=charge["amount"] - amount)
    timers.drop(account, charge["id"])
    charge["captured"] = True
    charge["amount_captured"] = amount


def fail(account: Account, charge: Document, decline: Decline) -> None:
    """Store a declined attempt; no money moved, so the ledger has no row of it."""
    charge["status"] = "failed"
    charge["failure_code"] = decline.code
    charge["failure_message"] = decline.message
    account.insert(charge)
    emit(account, "charge.failed", charge)


def declined(decline: Decline, **details: object) -> CardError:
    """Return the error of a declined charge; what has been stored of the attempt stays."""
    return CardError(
        decline.message,
        code=decline.code,
        param=decline.param,
        decline_code=decline.decline_code,
        advice_code=decline.advice_code,
        network_decline_code=decline.network_decline_code,
        **details,
    )


def retrieve(account: Account, charge_id: str) -> Document:
    """Return one charge."""
    return account.retrieve("charge", charge_id)


def list_charges(account: Account, params: Params) -> Document:
    """Return charges, newest first."""
    return list_objects(account, "charge", params, url="/v1/charges")


def update(account: Account, charge_id: str, params: Params) -> Document:
    """Change what a charge says about itself."""
    charge = account.retrieve("charge", charge_id)
    for name in params.keys() - {
        "description",
        "metadata",
        "receipt_email",
        "shipping",
        "fraud_details",
        "expand",
    }:
        raise unsupported(name)
    for name in ("description", "receipt_email"):
        if name in params:
            charge[name] = params[name] or None
    if params.get("shipping"):
        charge["shipping"] = merge(charge["shipping"], params["shipping"], blank_shipping())
    if params.get("fraud_details"):
        charge["fraud_details"] = params["fraud_details"]
    charge["metadata"] = merge_metadata(charge["metadata"], params.get("metadata"))
    account.save(charge)
    emit(account, "charge.updated", charge)
    return charge


def capture(account: Account, charge_id: str, params: Params) -> Document:
    """Capture a held charge that has no payment intent."""
    charge = account.retrieve("charge", charge_id)
    for name in params.keys() - {"amount", "receipt_email", "expand"}:
        raise unsupported(name)
    if charge["captured"]:
        raise InvalidRequest(f"Charge {charge_id} has already been captured.", code="charge_already_captured")
    if charge.get("_is_expired"):
        raise InvalidRequest(
            f"Charge {charge_id} cannot be captured because the authorization has expired.",
            code="charge_expired_for_capture",
        )
    if charge["payment_intent"] is not None:
        raise InvalidRequest(
            f"This uncaptured Charge was created by a PaymentIntent ({charge['payment_intent']}). You must "
            f"capture the PaymentIntent instead. For more information, see {PLACE_A_HOLD}"
        )
    if charge["status"] != "succeeded":
        raise InvalidRequest(f"Charge {charge_id} failed and can't be captured.")
    take(account, charge, capturable(params.get("amount"), charge["amount"], "amount"))
    account.save(charge)
    emit(account, "charge.captured", charge)
    issuers.react(account, charge)
    return charge


def capturable(requested: int | None, held: int, param: str, intent: Document | None = None) -> int:
    """Return how much to capture: all that is held, or a smaller positive amount."""
    if requested is None:
        return held
    if requested < 0:
        raise InvalidRequest("Invalid non-negative integer", param=param, payment_intent=intent)
    if requested == 0:
        raise InvalidRequest(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
            payment_intent=intent,
        )
    if requested > held:
        raise InvalidRequest(OVERCAPTURE, code="amount_too_large", payment_intent=intent)
    return requested
