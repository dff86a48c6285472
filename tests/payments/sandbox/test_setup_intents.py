"""Setup intents: a card is saved for later, and nothing is paid."""

from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire


def told(client: stripe.StripeClient, count: int) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": count}).data][::-1]


def test_card_is_saved_to_a_customer(client: stripe.StripeClient, ledger: Ledger) -> None:
    customer = client.v1.customers.create({})
    intent = client.v1.setup_intents.create({"customer": customer.id, "metadata": {"for": "later"}})
    confirmed = client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    (saved,) = client.v1.payment_methods.list({"customer": customer.id}).data
    assert (intent.status, intent.usage) == ("requires_payment_method", "off_session")
    assert (confirmed.status, confirmed.payment_method) == ("succeeded", saved.id)
    assert client.v1.setup_intents.retrieve(intent.id).to_dict() == confirmed.to_dict()
    assert told(client, 3) == ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"]
    assert ledger() == []


def test_card_without_a_customer_is_checked(client: stripe.StripeClient) -> None:
    intent = client.v1.setup_intents.create({"payment_method": "pm_card_visa", "confirm": True})

    assert intent.status == "succeeded"
    assert client.v1.payment_methods.retrieve(str(intent.payment_method)).customer is None


def test_declined_card_is_not_saved_and_another_may_be(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    with pytest.raises(stripe.CardError) as declined:
        client.v1.setup_intents.create(
            {"customer": customer.id, "payment_method": "pm_card_chargeDeclined", "confirm": True}
        )

    (intent,) = client.v1.setup_intents.list().data
    assert declined.value.code == "card_declined"
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_setup_error is not None
    assert intent.last_setup_error.decline_code == "generic_decline"
    assert told(client, 1) == ["setup_intent.setup_failed"]
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []
    again = client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (again.status, again.last_setup_error) == ("succeeded", None)


def test_canceled_intent_saves_nothing(client: stripe.StripeClient) -> None:
    intent = client.v1.setup_intents.create({"payment_method": "pm_card_visa"})
    changed = client.v1.setup_intents.update(intent.id, {"description": "For later"})
    canceled = client.v1.setup_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert (intent.status, changed.description) == ("requires_confirmation", "For later")
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert told(client, 1) == ["setup_intent.canceled"]
    for ask in (client.v1.setup_intents.confirm, client.v1.setup_intents.cancel, client.v1.setup_intents.update):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            ask(intent.id)
        assert refused.value.code == "setup_intent_unexpected_state"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"confirm": True}, "missing a payment method"),
        ({"confirm": True, "payment_method": "pm_card_authenticationRequired"}, "asks for authentication"),
        ({"allowed_payment_method_types": ["sepa_debit"]}, "does not emulate"),
        ({"single_use": {"amount": 100, "currency": "usd"}}, "does not emulate"),
        ({"customer": "cus_nobody"}, "No such customer"),
    ],
)
def test_intent_that_cannot_be_is_refused(client: stripe.StripeClient, params: Any, words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        client.v1.setup_intents.create(params)

    assert client.v1.setup_intents.list().data == []


def test_payment_method_types_are_of_older_versions(wire: Wire) -> None:
    params = {"payment_method_types[]": "card"}

    assert wire("POST", "/v1/setup_intents", params, {"Stripe-Version": "2026-07-29.dahlia"}).status == 200
    assert wire("POST", "/v1/setup_intents", params).error["code"] == "payment_method_types_no_longer_supported"
