from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire
from tests.payments.sandbox.samples import CARDS_ONLY, hold, intent_of, payment, unconfirmed


def test_payment_is_captured_at_once(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment(description="Order 17", metadata={"order": "17"}))
    charge = client.v1.charges.retrieve(str(intent.latest_charge))

    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 4900, 0)
    assert (intent.livemode, intent.capture_method) == (False, "automatic_async")
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (4900, 4900, 0)
    assert (charge.captured, charge.paid, charge.status, charge.refunded) == (True, True, "succeeded", False)
    assert (charge.payment_intent, charge.description) == (intent.id, "Order 17")
    assert charge.metadata.to_dict() == {"order": "17"}
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_payment_method_of_a_test_token_is_a_new_one(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(payment())

    method = client.v1.payment_methods.retrieve(str(intent.payment_method))
    assert method.id.startswith("pm_1")
    assert method.card is not None
    assert (method.card.brand, method.card.last4, method.customer) == ("visa", "4242", None)


def test_unconfirmed_intent_holds_nothing(client: stripe.StripeClient, ledger: Ledger) -> None:
    bare = client.v1.payment_intents.create(unconfirmed())
    ready = client.v1.payment_intents.create(unconfirmed(payment_method="pm_card_visa"))

    assert (bare.status, bare.payment_method, bare.latest_charge) == ("requires_payment_method", None, None)
    assert ready.status == "requires_confirmation"
    assert bare.client_secret is not None
    assert bare.client_secret.startswith(f"{bare.id}_secret_")
    assert ledger() == []


def test_intent_is_confirmed_later(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(unconfirmed())

    client.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_mastercard", "amount": 5100})
    paid = client.v1.payment_intents.confirm(intent.id)

    assert (paid.status, paid.amount_received) == ("succeeded", 5100)
    assert ledger() == [("authorization", 5100), ("capture", 5100)]


def test_confirm_may_bring_the_method(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(unconfirmed())

    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert paid.status == "succeeded"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_confirm_without_a_method_is_refused(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(unconfirmed())

    with pytest.raises(stripe.InvalidRequestError, match="it's missing a payment method") as refused:
        client.v1.payment_intents.confirm(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert ledger() == []


@pytest.mark.parametrize("capture_method", ["automatic", "manual"])
def test_paid_intent_is_not_confirmed_again(
    client: stripe.StripeClient, ledger: Ledger, capture_method: str
) -> None:
    intent = client.v1.payment_intents.create(payment(capture_method=capture_method))
    before = ledger()

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert refused.value.code == "payment_intent_unexpected_state"
    assert intent_of(refused.value) == intent.id
    assert ledger() == before


def test_refused_confirmation_changes_nothing(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(unconfirmed())
    options: Any = {
        "receipt_email": "a@b.c",
        "payment_method_options": {"card": {"request_three_d_secure": "any"}},
    }

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id, options)

    assert refused.value.error is not None
    assert refused.value.error.payment_intent is not None
    assert refused.value.error.payment_intent.to_dict() == intent.to_dict()
    assert client.v1.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()
    assert ledger() == []


def test_redirects_need_a_return_url(client: stripe.StripeClient, ledger: Ledger) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        client.v1.payment_intents.create(payment(automatic_payment_methods={"enabled": True}))

    assert ledger() == []
    assert client.v1.payment_intents.list().data == []


@pytest.mark.parametrize(
    "terms",
    [
        {"automatic_payment_methods": {"enabled": True}, "return_url": "https://shop.example/back"},
        {"automatic_payment_methods": {"enabled": True}, "off_session": True},
        {"automatic_payment_methods": CARDS_ONLY},
    ],
)
def test_payment_without_redirects_needs_no_return_url(
    client: stripe.StripeClient, terms: dict[str, object]
) -> None:
    assert client.v1.payment_intents.create(payment(**terms)).status == "succeeded"


def test_allowed_types_exclude_automatic_methods(client: stripe.StripeClient, ledger: Ledger) -> None:
    params = payment(allowed_payment_method_types=["card"])

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params)
    del params["automatic_payment_methods"]
    paid = client.v1.payment_intents.create(params)

    assert refused.value.code == "parameters_exclusive"
    assert paid.status == "succeeded"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


@pytest.mark.parametrize("name", ["off_session", "error_on_requires_action", "return_url", "use_stripe_sdk"])
def test_attempt_options_need_confirm(wire: Wire, name: str) -> None:
    value = "https://shop.example" if name == "return_url" else "true"

    answer = wire("POST", "/v1/payment_intents", {"amount": 100, "currency": "usd", name: value})

    assert answer.status == 400
    assert answer.error["param"] == name
    assert "unless `confirm` is set to true" in answer.error["message"]


@pytest.mark.parametrize("name", ["amount", "currency", "payment_method"])
def test_terms_are_fixed_once_in_flight(
    wire: Wire, client: stripe.StripeClient, ledger: Ledger, name: str
) -> None:
    intent = client.v1.payment_intents.create(hold())
    values = {"amount": "5000", "currency": "eur", "payment_method": "pm_card_visa"}

    answer = wire("POST", f"/v1/payment_intents/{intent.id}", {name: values[name]})

    assert answer.status == 400
    assert answer.error["code"] == "payment_intent_unexpected_state"
    assert answer.error["param"] == name
    assert client.v1.payment_intents.retrieve(intent.id).amount == 4900
    assert ledger() == [("authorization", 4900)]


def test_update_merges_and_unsets(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        unconfirmed(metadata={"a": "1", "b": "2"}, receipt_email="ada@example.com")
    )

    updated = client.v1.payment_intents.update(
        intent.id, {"metadata": {"a": "", "c": "3"}, "receipt_email": "", "description": "Later"}
    )

    assert updated.metadata.to_dict() == {"b": "2", "c": "3"}
    assert (updated.receipt_email, updated.description) == (None, "Later")
    assert client.v1.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


def test_shipping_is_merged(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        unconfirmed(shipping={"name": "Ada", "address": {"line1": "1 Way", "country": "US"}})
    )

    updated = client.v1.payment_intents.update(
        intent.id, {"shipping": {"name": "Ada L", "address": {"line1": "2 Way"}}}
    )

    assert updated.shipping is not None
    assert updated.shipping.address is not None
    assert (updated.shipping.name, updated.shipping.address.line1) == ("Ada L", "2 Way")
    assert (updated.shipping.address.country, updated.shipping.address.city) == ("US", None)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({f"key{n}": "x" for n in range(51)}, "up to 50 keys"),
        ({"k" * 41: "x"}, "up to 40 characters, but you passed in a key that is 41 characters"),
        ({"k": "x" * 501}, "up to 500 characters, but you passed in a value that is 501 characters"),
    ],
)
def test_metadata_is_limited(
    client: stripe.StripeClient, ledger: Ledger, metadata: dict[str, str], message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message) as refused:
        client.v1.payment_intents.create(payment(metadata=metadata))

    assert refused.value.param == "metadata"
    assert ledger() == []


def test_metadata_may_be_as_large_as_allowed(client: stripe.StripeClient) -> None:
    metadata = {f"{n:040d}": "x" * 500 for n in range(50)}

    assert client.v1.payment_intents.create(unconfirmed(metadata=metadata)).metadata.to_dict() == metadata


def test_method_is_used_once_without_a_customer(client: stripe.StripeClient, ledger: Ledger) -> None:
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    client.v1.payment_intents.create(payment(payment_method=method.id))

    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_intents.create(payment(payment_method=method.id))

    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_saved_method_is_used_again_by_its_customer(client: stripe.StripeClient, ledger: Ledger) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    saved = client.v1.payment_methods.list({"customer": customer.id}).data[0]

    for _ in range(2):
        client.v1.payment_intents.create(payment(customer=customer.id, payment_method=saved.id))

    assert ledger() == [("authorization", 4900), ("capture", 4900)] * 2


def test_method_of_another_customer_is_refused(client: stripe.StripeClient, ledger: Ledger) -> None:
    owner = client.v1.customers.create({"payment_method": "pm_card_visa"})
    saved = client.v1.payment_methods.list({"customer": owner.id}).data[0]
    other = client.v1.customers.create({})

    with pytest.raises(stripe.InvalidRequestError, match="does not belong to the Customer you supplied"):
        client.v1.payment_intents.create(payment(customer=other.id, payment_method=saved.id))
    with pytest.raises(stripe.InvalidRequestError, match="Please include the Customer"):
        client.v1.payment_intents.create(payment(payment_method=saved.id))

    assert ledger() == []


def test_default_method_of_the_customer_is_used(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    saved = client.v1.payment_methods.list({"customer": customer.id}).data[0]
    client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": saved.id}})
    params = payment(customer=customer.id)
    del params["payment_method"]

    assert client.v1.payment_intents.create(params).payment_method == saved.id


def test_future_use_saves_the_method(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})

    intent = client.v1.payment_intents.create(payment(customer=customer.id, setup_future_usage="off_session"))

    saved = client.v1.payment_methods.list({"customer": customer.id}).data
    assert [method.id for method in saved] == [intent.payment_method]


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"payment_method": "pm_missing"}, "payment_method", "resource_missing"),
        ({"customer": "cus_missing"}, "customer", "resource_missing"),
        ({"receipt_email": "nobody"}, "receipt_email", "email_invalid"),
        ({"statement_descriptor_suffix": "x" * 23}, "statement_descriptor_suffix", None),
        ({"statement_descriptor": "SHOP"}, "statement_descriptor", None),
        ({"payment_method_options": {"card": {"moto": True}}}, "payment_method_options[card][moto]", None),
        ({"payment_method_options": {"klarna": {}}, "amount": 0}, "amount", "parameter_invalid_integer"),
    ],
)
def test_impossible_terms_are_refused(
    client: stripe.StripeClient, ledger: Ledger, params: dict[str, object], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(payment(**params))

    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)
    assert client.v1.payment_intents.list().data == []
    assert ledger() == []


def test_missing_intent_is_not_found(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent: 'pi_none'") as missing:
        client.v1.payment_intents.retrieve("pi_none")

    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert missing.value.param == "intent"
