"""Stripe's published test cards: what each one does when it is charged.

A card is known by the name in its test tokens: `visa` stands behind `pm_card_visa`, `tok_visa` and 4242 4242
4242 4242. Source: Stripe's testing page, captured 2026-08-07; messages as test mode answers them.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

Authentication = Literal["never", "optional", "on_session", "always", "unsupported"]
Dispute = Literal["fraudulent", "product_not_received", "inquiry"]
RefundOutcome = Literal["succeeds", "is_pending_first", "fails_later"]


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a payment fails, in the words of the error, the charge and its outcome.

    `kind` is the type that a payment intent gives to the error it remembers.
    """

    message: str
    code: str | None = "card_declined"
    decline_code: str | None = None
    param: str | None = None
    advice_code: str | None = None
    network_decline_code: str | None = None
    is_blocked: bool = False
    kind: str = "card_error"


@dataclass(frozen=True, slots=True)
class PublishedCard:
    """A published test card.

    `authentication` says when 3D Secure is demanded: `on_session` cards are taken off session without it.
    `dispute` and `is_reported_as_fraud` say what its issuer does once money was captured,
    `refund_outcome` says what becomes of a refund to it.
    `attaches` is false for cards that are declined as soon as they are attached to a customer.
    """

    name: str
    last4: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    attaches: bool = True
    authentication: Authentication = "never"
    risk_level: str = "normal"
    dispute: Dispute | None = None
    is_reported_as_fraud: bool = False
    refund_outcome: RefundOutcome = "succeeds"
    checks: dict[str, str] = field(default_factory=dict)


DECLINED = Decline(
    "Your card was declined.",
    decline_code="generic_decline",
    advice_code="try_again_later",
    network_decline_code="01",
)
INSUFFICIENT_FUNDS = Decline("Your card has insufficient funds.", decline_code="insufficient_funds")
LOST = Decline("Your card was declined.", decline_code="lost_card")
STOLEN = Decline("Your card was declined.", decline_code="stolen_card")
TOO_FREQUENT = Decline(
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    decline_code="card_velocity_exceeded",
)
EXPIRED = Decline("Your card has expired.", code="expired_card", param="exp_month")
INCORRECT_CVC = Decline("Your card's security code is incorrect.", code="incorrect_cvc", param="cvc")
PROCESSING_ERROR = Decline(
    "An error occurred while processing your card. Try again in a little bit.", code="processing_error"
)
AUTHENTICATION_REQUIRED = Decline(
    "Your card was declined. This transaction requires authentication.",
    code="authentication_required",
    decline_code="authentication_required",
)
AUTHENTICATION_NOT_HANDLED = Decline(
    "This payment required an authentication action to complete, but `error_on_requires_action` was set. "
    "When you're ready, you can upgrade your integration to handle actions at "
    "https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.",
    code="authentication_required",
    decline_code="authentication_not_handled",
)
AUTHENTICATION_FAILED = Decline(
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
    "PaymentMethod to attempt to fulfill this PaymentIntent again.",
    code="payment_intent_authentication_failure",
    kind="invalid_request_error",
)
AUTHENTICATION_UNPROVEN = replace(AUTHENTICATION_FAILED, kind="card_error")
BLOCKED = Decline("Your card was declined.", decline_code="fraudulent", is_blocked=True)


def _declined(name: str, last4: str, decline: Decline, funding: str = "credit") -> PublishedCard:
    return PublishedCard(name, last4, decline=decline, attaches=False, funding=funding)


PUBLISHED_CARDS = (
    PublishedCard("visa", "4242"),
    PublishedCard("us", "4242"),
    PublishedCard("visa_debit", "5556", funding="debit"),
    PublishedCard("mastercard", "4444", brand="mastercard"),
    PublishedCard("mastercard_debit", "8210", brand="mastercard", funding="debit"),
    PublishedCard("mastercard_prepaid", "5100", brand="mastercard", funding="prepaid"),
    PublishedCard("amex", "0005", brand="amex"),
    PublishedCard("discover", "1117", brand="discover"),
    PublishedCard("diners", "0004", brand="diners"),
    PublishedCard("jcb", "0505", brand="jcb", country="JP"),
    PublishedCard("unionpay", "0005", brand="unionpay", country="CN"),
    PublishedCard("gb", "0000", country="GB"),
    PublishedCard("de", "0016", country="DE"),
    PublishedCard("fr", "0003", country="FR"),
    PublishedCard("ca", "0000", country="CA"),
    PublishedCard("jp", "0003", country="JP"),
    PublishedCard("bypassPending", "0077"),
    PublishedCard("bypassPendingInternational", "0278", country="IE"),
    _declined("visa_chargeDeclined", "0002", DECLINED),
    _declined("visa_chargeDeclinedInsufficientFunds", "9995", INSUFFICIENT_FUNDS),
    _declined("visa_debit_chargeDeclinedInsufficientFunds", "9995", INSUFFICIENT_FUNDS, funding="debit"),
    _declined("visa_chargeDeclinedLostCard", "9987", LOST),
    _declined("visa_chargeDeclinedStolenCard", "9979", STOLEN),
    _declined("visa_chargeDeclinedVelocityLimitExceeded", "6975", TOO_FREQUENT),
    _declined("chargeDeclinedExpiredCard", "0069", EXPIRED),
    _declined("chargeDeclinedIncorrectCvc", "0127", INCORRECT_CVC),
    _declined("chargeDeclinedProcessingError", "0119", PROCESSING_ERROR),
    PublishedCard("chargeCustomerFail", "0341", decline=DECLINED),
    PublishedCard("chargeCustomerFailLostCard", "0341", decline=LOST),
    PublishedCard("chargeCustomerFailStolenCard", "0341", decline=STOLEN),
    PublishedCard("authenticationRequired", "3184", country="DE", authentication="always"),
    PublishedCard("authenticationRequiredOnSetup", "3155", country="DE", authentication="always"),
    PublishedCard("authenticationRequiredSetupForOffSession", "0446", country="DE", authentication="on_session"),
    PublishedCard(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "3178",
        country="DE",
        authentication="on_session",
        decline=INSUFFICIENT_FUNDS,
    ),
    PublishedCard("threeDSecureRequired", "3063", authentication="always"),
    PublishedCard("threeDSecure2Required", "3220", country="IE", authentication="always"),
    PublishedCard("threeDSecureRequiredChargeDeclined", "1629", authentication="always", decline=DECLINED),
    PublishedCard(
        "threeDSecureRequiredProcessingError", "1280", authentication="always", decline=PROCESSING_ERROR
    ),
    PublishedCard("threeDSecureOptional", "3055", authentication="optional"),
    PublishedCard("amex_threeDSecureNotSupported", "0005", brand="amex", authentication="unsupported"),
    PublishedCard("createDispute", "0259", dispute="fraudulent"),
    PublishedCard("createDisputeProductNotReceived", "2685", dispute="product_not_received"),
    PublishedCard("createDisputeInquiry", "1976", dispute="inquiry"),
    PublishedCard("createIssuerFraudRecord", "5423", is_reported_as_fraud=True),
    PublishedCard("pendingRefund", "7726", refund_outcome="is_pending_first"),
    PublishedCard("refundFail", "5126", refund_outcome="fails_later"),
    PublishedCard("radarBlock", "0019", decline=BLOCKED, risk_level="highest"),
    PublishedCard("riskLevelHighest", "4954", decline=BLOCKED, risk_level="highest"),
    PublishedCard("riskLevelElevated", "9235", risk_level="elevated"),
    PublishedCard("cvcCheckFail", "0101", checks={"cvc_check": "fail"}),
    PublishedCard("avsFail", "0010", checks={"address_line1_check": "fail", "address_postal_code_check": "fail"}),
    PublishedCard("avsLine1Fail", "0028", checks={"address_line1_check": "fail"}),
    PublishedCard("avsZipFail", "0036", checks={"address_postal_code_check": "fail"}),
)

BY_NAME = {card.name: card for card in PUBLISHED_CARDS}

# Other spellings that Stripe documents or its own fixtures use, with and without the brand.
ALIASES = {
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "chargeDeclinedLostCard": "visa_chargeDeclinedLostCard",
    "chargeDeclinedStolenCard": "visa_chargeDeclinedStolenCard",
    "chargeDeclinedVelocityLimitExceeded": "visa_chargeDeclinedVelocityLimitExceeded",
    "visa_chargeDeclinedExpiredCard": "chargeDeclinedExpiredCard",
    "visa_chargeDeclinedIncorrectCvc": "chargeDeclinedIncorrectCvc",
    "visa_chargeDeclinedProcessingError": "chargeDeclinedProcessingError",
    "chargeDeclinedFraudulent": "radarBlock",
    "visa_chargeDeclinedFraudulent": "radarBlock",
    "visa_chargeCustomerFail": "chargeCustomerFail",
    "visa_chargeCustomerFailLostCard": "chargeCustomerFailLostCard",
    "visa_chargeCustomerFailStolenCard": "chargeCustomerFailStolenCard",
}

# Published test numbers only. A number is looked up here and forgotten.
NAME_BY_NUMBER = {
    "4242424242424242": "visa",
    "4000056655665556": "visa_debit",
    "5555555555554444": "mastercard",
    "2223003122003222": "mastercard",
    "5200828282828210": "mastercard_debit",
    "5105105105105100": "mastercard_prepaid",
    "378282246310005": "amex",
    "371449635398431": "amex",
    "6011111111111117": "discover",
    "6011000990139424": "discover",
    "3056930009020004": "diners",
    "3566002020360505": "jcb",
    "6200000000000005": "unionpay",
    "4000000000000077": "bypassPending",
    "4000000000000002": "visa_chargeDeclined",
    "4000000000009995": "visa_chargeDeclinedInsufficientFunds",
    "4000000000009987": "visa_chargeDeclinedLostCard",
    "4000000000009979": "visa_chargeDeclinedStolenCard",
    "4000000000006975": "visa_chargeDeclinedVelocityLimitExceeded",
    "4000000000000069": "chargeDeclinedExpiredCard",
    "4000000000000127": "chargeDeclinedIncorrectCvc",
    "4000000000000119": "chargeDeclinedProcessingError",
    "4000000000000341": "chargeCustomerFail",
    "4000002760003184": "authenticationRequired",
    "4000002500003155": "authenticationRequiredOnSetup",
    "4000003800000446": "authenticationRequiredSetupForOffSession",
    "4000008260003178": "authenticationRequiredChargeDeclinedInsufficientFunds",
    "4000000000003063": "threeDSecureRequired",
    "4000000000003220": "threeDSecure2Required",
    "4000008400001629": "threeDSecureRequiredChargeDeclined",
    "4000008400001280": "threeDSecureRequiredProcessingError",
    "4000000000003055": "threeDSecureOptional",
    "4000000000000259": "createDispute",
    "4000000000002685": "createDisputeProductNotReceived",
    "4000000000001976": "createDisputeInquiry",
    "4000000000005423": "createIssuerFraudRecord",
    "4000000000007726": "pendingRefund",
    "4000000000005126": "refundFail",
    "4100000000000019": "radarBlock",
    "4000000000004954": "riskLevelHighest",
    "4000000000009235": "riskLevelElevated",
    "4000000000000101": "cvcCheckFail",
    "4000000000000010": "avsFail",
    "4000000000000028": "avsLine1Fail",
    "4000000000000036": "avsZipFail",
}


def find_card(token: str) -> PublishedCard | None:
    """Return the card behind `pm_card_…` or `tok_…`, or None for anything else."""
    for prefix in ("pm_card_", "tok_"):
        if token.startswith(prefix):
            name = token.removeprefix(prefix)
            return BY_NAME.get(ALIASES.get(name, name))
    return None


def find_card_by_number(number: str) -> PublishedCard | None:
    """Return the card behind one of Stripe's published test numbers."""
    digits = "".join(number.split())
    name = NAME_BY_NUMBER.get(digits)
    return None if name is None else replace(BY_NAME[name], last4=digits[-4:])
