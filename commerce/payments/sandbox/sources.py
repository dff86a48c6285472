"""Cards saved to a customer as sources, the way before payment methods. Other sources are not emulated."""

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.customers import living
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import CardNotSaved, unsupported
from commerce.payments.sandbox.events import emit
from commerce.payments.sandbox.listing import list_objects
from commerce.payments.sandbox.metadata import merge_metadata
from commerce.payments.sandbox.payment_methods import card_of_token
from commerce.payments.sandbox.tokens import card_object


def create(account: Account, customer_id: str, params: Params) -> Document:
    """Save the card behind a token to a customer; the first one is what the customer pays with by default."""
    for name in sorted(params.keys() - {"expand", "metadata", "source"}):
        raise unsupported(name)
    customer = living(account, customer_id)
    card = card_of_token(account, params["source"], "source")
    if card.decline is not None and not card.attaches:
        decline = card.decline
        raise CardNotSaved(
            decline.message, code=decline.code, decline_code=decline.decline_code, param=decline.param
        )
    source = account.insert(
        {
            **card_object(account, card),
            "customer": customer_id,
            "cvc_check": "pass",
            "metadata": merge_metadata({}, params.get("metadata")),
            "_test_card": card.name,
        }
    )
    emit(account, "customer.source.created", source)
    if customer["default_source"] is None:
        customer["default_source"] = source["id"]
        account.save(customer)
        emit(account, "customer.updated", customer, previous={"default_source": None})
    return source


def list_sources(account: Account, customer_id: str, params: Params) -> Document:
    """Return the cards of a customer, newest first."""
    if "object" in params:
        raise unsupported("object")
    living(account, customer_id)
    url = f"/v1/customers/{customer_id}/sources"
    return list_objects(account, "card", {**params, "customer": customer_id}, url=url)
