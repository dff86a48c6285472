"""Shared payment tokens as a seller sees them: granted by an agent, for one payment, within limits.

Source: the agentic commerce preview (2026-04-22) and test-mode answers reported by three integrations: the
first successful charge deactivates a token even below its limit, and the refusals carry a message and no
code.
"""

from commerce.payments.sandbox import payment_methods, timers
from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.currencies import check_currency
from commerce.payments.sandbox.documents import Document, Params, public
from commerce.payments.sandbox.errors import InvalidParameter, InvalidRequest
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.metadata import merge_metadata

KIND = "shared_payment.granted_token"
EXPIRE = "expire_granted_token"
MAX_LIFETIME = 90 * 24 * 60 * 60
PARAM = "payment_method_data[shared_payment_granted_token]"
DEACTIVATED = "The shared payment granted token cannot be used because it is already in a deactivated state."
TOO_MUCH = (
    "The requested amount is greater than the remaining amount capturable with this shared payment granted token."
)
OTHER_CURRENCY = "The requested currency does not match the currency of this shared payment granted token."
FOR_LATER = "The parameter `setup_future_usage` cannot be used with a shared payment granted token."


def create(account: Account, params: Params) -> Document:
    """Grant a token as an agent would, for tests."""
    limits = _limits(account, params["usage_limits"])
    method = payment_methods.referenced(account, params["payment_method"])
    if method["type"] != "card":
        raise InvalidParameter("This sandbox grants tokens for cards.", param="payment_method")
    if "customer" in params:
        account.referenced("customer", params["customer"], "customer")
    token_id = new_id("spt_1")
    if limits["expires_at"] is not None:
        timers.schedule(account, EXPIRE, token_id, due=limits["expires_at"])
    return account.insert(
        {
            "id": token_id,
            "object": KIND,
            "agent_details": {"network_business_profile": None},
            "created": account.now,
            "deactivated_at": None,
            "deactivated_reason": None,
            "livemode": False,
            "payment_method_details": _details(method),
            "risk_details": {"insights": _insights()},
            "shared_metadata": merge_metadata({}, params.get("shared_metadata")),
            "usage_details": {"amount_captured": {"currency": limits["currency"], "value": 0}},
            "usage_limits": limits,
            "_payment_method": method["id"],
        }
    )


def _limits(account: Account, given: Params) -> Document:
    currency = check_currency(given["currency"], "usage_limits[currency]")
    if given["max_amount"] < 1:
        raise InvalidParameter(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="usage_limits[max_amount]",
        )
    expires_at = given.get("expires_at")
    if expires_at is not None and not account.now < expires_at <= account.now + MAX_LIFETIME:
        raise InvalidParameter(
            "The expiry of a shared payment granted token must be in the future and at most 90 days ahead.",
            param="usage_limits[expires_at]",
        )
    return {
        "currency": currency,
        "expires_at": expires_at,
        "max_amount": given["max_amount"],
        "recurring": None,
    }


def _details(method: Document) -> Document:
    shown = ("brand", "checks", "country", "exp_month", "exp_year", "funding", "last4", "networks", "wallet")
    return {
        "billing_details": method["billing_details"],
        "card": {name: method["card"][name] for name in shown},
        "type": "card",
    }


def _insights() -> Document:
    """Return the risk insights of an unremarkable buyer."""
    calm = {"recommended_action": "continue", "score": 0}
    return {
        "bot": dict(calm),
        "card_issuer_decline": dict(calm),
        "card_testing": dict(calm),
        "fraudulent_dispute": dict(calm),
        "stolen_card": dict(calm),
    }


def retrieve(account: Account, token_id: str) -> Document:
    """Return one token as it stands now; a token past its expiry is deactivated by being looked at."""
    return _expire(account, account.retrieve(KIND, token_id))


def revoke(account: Account, token_id: str) -> Document:
    """Deactivate a token as its issuer would, for tests."""
    token = retrieve(account, token_id)
    if token["deactivated_at"] is not None:
        raise InvalidRequest("The shared payment granted token is already in a deactivated state.")
    return _deactivate(account, token, "revoked", account.now)


def method_for(account: Account, token_id: str) -> Document:
    """Return a copy of the payment method that a token stands for."""
    token = _usable(account, token_id)
    method = account.referenced("payment_method", token["_payment_method"], PARAM)
    return payment_methods.copy(account, method, token_id)


def check_chargeable(account: Account, intent: Document, token_id: str) -> None:
    """Refuse a payment that a token does not cover."""
    token = _usable(account, token_id)
    limits = token["usage_limits"]
    if intent["setup_future_usage"] is not None:
        raise InvalidRequest(FOR_LATER, param="setup_future_usage")
    if limits["currency"] != intent["currency"]:
        raise InvalidRequest(OTHER_CURRENCY)
    if intent["amount"] > limits["max_amount"]:
        raise InvalidRequest(TOO_MUCH)


def consume(account: Account, token_id: str, captured: int) -> None:
    """Use a token up, in the transaction of the charge it paid for; `captured` is zero for a hold."""
    token = account.retrieve(KIND, token_id)
    token["usage_details"]["amount_captured"]["value"] += captured
    emit(account, "shared_payment.granted_token.used", token)
    _deactivate(account, token, "consumed", account.now)


def add_captured(account: Account, token_id: str, captured: int) -> None:
    """Note that a hold which a token paid for has been captured."""
    token = account.retrieve(KIND, token_id)
    token["usage_details"]["amount_captured"]["value"] += captured
    account.save(token)


def _usable(account: Account, token_id: str) -> Document:
    token = _expire(account, account.referenced(KIND, token_id, PARAM))
    if token["deactivated_at"] is not None:
        raise InvalidRequest(DEACTIVATED)
    return token


def _expire(account: Account, token: Document) -> Document:
    expires_at = token["usage_limits"]["expires_at"]
    if token["deactivated_at"] is None and expires_at is not None and expires_at <= account.now:
        return _deactivate(account, token, "expired", expires_at)
    return token


def _deactivate(account: Account, token: Document, reason: str, at: int) -> Document:
    timers.drop(account, token["id"])
    token["deactivated_at"] = at
    token["deactivated_reason"] = reason
    account.save(token)
    emit(account, "shared_payment.granted_token.deactivated", public(token))
    return token
