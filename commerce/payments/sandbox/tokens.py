"""Card tokens, the way older integrations and fixtures name a card."""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.cards import PublishedCard
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import InvalidParameter, unsupported
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.payment_methods import card_details, card_of_number

BRAND_NAMES = {
    "visa": "Visa",
    "mastercard": "MasterCard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


def create(account: Account, params: Params) -> Document:
    """Create a token from the number of a published test card; the number is not kept."""
    for name in params.keys() - {"card", "expand"}:
        raise unsupported(name)
    given = params.get("card")
    if not isinstance(given, dict):
        raise InvalidParameter("Missing required param: card.", code="parameter_missing", param="card")
    card = card_of_number(given, "card")
    return account.insert(
        {
            "id": new_id("tok_1"),
            "object": "token",
            "card": card_object(account, card),
            "client_ip": "127.0.0.1",
            "created": account.now,
            "livemode": False,
            "type": "card",
            "used": False,
            "_test_card": card.name,
        }
    )


def retrieve(account: Account, token_id: str) -> Document:
    """Return one token."""
    return account.retrieve("token", token_id)


def card_object(account: Account, card: PublishedCard) -> Document:
    """Describe a card as tokens and charges without a payment intent do."""
    details = card_details(account, card)
    return {
        "id": new_id("card_1"),
        "object": "card",
        "brand": BRAND_NAMES[card.brand],
        "country": card.country,
        "customer": None,
        "cvc_check": None,
        "exp_month": details["exp_month"],
        "exp_year": details["exp_year"],
        "fingerprint": details["fingerprint"],
        "funding": card.funding,
        "last4": card.last4,
        "metadata": {},
        "name": None,
    }
