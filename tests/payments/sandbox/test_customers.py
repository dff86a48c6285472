import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.samples import payment


def test_customer_is_kept_and_changed(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(
        {"email": "ada@example.com", "address": {"line1": "1 Way", "country": "US"}, "metadata": {"a": "1"}}
    )

    client.v1.customers.update(customer.id, {"name": "Ada", "address": {"line1": "2 Way"}, "metadata": {"a": ""}})
    found = client.v1.customers.retrieve(customer.id)

    assert (found.email, found.name, found.livemode) == ("ada@example.com", "Ada", False)
    assert found.address is not None
    assert (found.address.line1, found.address.country, found.address.city) == ("2 Way", "US", None)
    assert found.metadata is not None
    assert found.metadata.to_dict() == {}


def test_customers_are_found_by_email(client: stripe.StripeClient) -> None:
    ada = client.v1.customers.create({"email": "ada@example.com"})
    client.v1.customers.create({"email": "bob@example.com"})

    assert [found.id for found in client.v1.customers.list({"email": "ada@example.com"}).data] == [ada.id]


def test_deleted_customer_is_gone(client: stripe.StripeClient, ledger: Ledger) -> None:
    customer = client.v1.customers.create({})

    assert client.v1.customers.delete(customer.id).deleted is True
    assert client.v1.customers.retrieve(customer.id).deleted is True
    assert client.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.update(customer.id, {"name": "Ada"})
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.payment_intents.create(payment(customer=customer.id))
    assert ledger() == []


def test_customer_with_a_declined_card_is_not_made(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.customers.create({"payment_method": "pm_card_visa_chargeDeclined"})

    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    assert client.v1.customers.list().data == []
    assert client.v1.events.list().data == []


@pytest.mark.parametrize("params", [{"source": "tok_visa"}, {"balance": 100}, {"tax_exempt": "exempt"}])
def test_what_is_not_emulated_is_refused(client: stripe.StripeClient, params: dict[str, object]) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not emulate"):
        client.v1.customers.create(params)  # type: ignore[arg-type]

    assert client.v1.customers.list().data == []


def test_card_is_saved_the_old_way(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    first = client.v1.customers.payment_sources.create(customer.id, {"source": "tok_visa"}).to_dict()
    second = client.v1.customers.payment_sources.create(customer.id, {"source": "tok_amex"}).to_dict()

    saved = client.v1.customers.payment_sources.list(customer.id).data
    told = client.v1.events.list({"limit": 4}).data
    assert (first["object"], first["last4"], first["customer"]) == ("card", "4242", customer.id)
    assert [one.id for one in saved] == [second["id"], first["id"]]
    assert client.v1.customers.retrieve(customer.id).default_source == first["id"]
    assert [event.type for event in told][::-1] == [
        "customer.created",
        "customer.source.created",
        "customer.updated",
        "customer.source.created",
    ]


@pytest.mark.parametrize("source", ["tok_chargeDeclined", "tok_nothing"])
def test_card_that_is_refused_is_not_saved_the_old_way(client: stripe.StripeClient, source: str) -> None:
    customer = client.v1.customers.create({})

    with pytest.raises((stripe.CardError, stripe.InvalidRequestError)):
        client.v1.customers.payment_sources.create(customer.id, {"source": source})

    assert client.v1.customers.payment_sources.list(customer.id).data == []
