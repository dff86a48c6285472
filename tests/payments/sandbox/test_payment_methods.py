import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import stripe

from commerce.payments.sandbox.account import account_id
from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import payment
from tests.waiting import HANG_GUARD

PUBLISHED: Any = {"number": "4000000000009995", "exp_month": 12, "exp_year": 2034, "cvc": "987"}
UNKNOWN: Any = {"type": "card", "card": {**PUBLISHED, "number": "4111111111111111"}}


def test_token_becomes_a_payment_method(client: stripe.StripeClient) -> None:
    method = client.v1.payment_methods.create(
        {"type": "card", "card": {"token": "tok_mastercard"}, "billing_details": {"name": "Ada"}}
    )

    assert method.card is not None
    assert (method.card.brand, method.card.last4, method.card.funding) == ("mastercard", "4444", "credit")
    assert method.billing_details.name == "Ada"
    assert client.v1.payment_methods.retrieve(method.id).id == method.id


def test_published_number_becomes_a_payment_method(client: stripe.StripeClient, ledger: Ledger) -> None:
    method = client.v1.payment_methods.create({"type": "card", "card": PUBLISHED})

    assert method.card is not None
    assert method.card.last4 == "9995"
    with pytest.raises(stripe.CardError, match="insufficient funds"):
        client.v1.payment_intents.create(payment(payment_method=method.id))
    assert ledger() == []


@pytest.mark.parametrize("number", ["4242424242424241", "4111111111111111", "5500005555555559", "1"])
def test_other_numbers_are_refused(client: stripe.StripeClient, number: str) -> None:
    card: Any = {**PUBLISHED, "number": number}

    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_methods.create({"type": "card", "card": card})

    assert (refused.value.code, refused.value.param) == ("incorrect_number", "number")
    assert number not in str(refused.value.json_body)


def test_card_numbers_are_not_kept(client: stripe.StripeClient, sandbox: RunningSandbox, key: str) -> None:
    client.v1.payment_methods.create({"type": "card", "card": PUBLISHED})
    client.v1.tokens.create({"card": PUBLISHED})

    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD)) as store:
        objects = store.execute("SELECT document FROM objects WHERE account = ?", (account_id(key),)).fetchall()
        bodies = store.execute(
            "SELECT body FROM idempotency_keys WHERE account = ?", (account_id(key),)
        ).fetchall()
    kept = b"".join(path.read_bytes() for path in Path(sandbox.data).parent.iterdir())
    assert (len(objects), len(bodies)) == (2, 2)
    assert '"cvc"' not in str(objects) + str(bodies)
    assert b"4000000000009995" not in kept
    assert key.encode() not in kept


def test_nothing_is_kept_of_an_unknown_number(
    client: stripe.StripeClient, sandbox: RunningSandbox, key: str
) -> None:
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.create(UNKNOWN)

    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD)) as store:
        objects = store.execute("SELECT id FROM objects WHERE account = ?", (account_id(key),)).fetchall()
        keys = store.execute("SELECT key FROM idempotency_keys WHERE account = ?", (account_id(key),)).fetchall()
    assert (objects, keys) == ([], [])


@pytest.mark.parametrize(
    "params", [{"type": "sepa_debit"}, {"type": "card"}, {"type": "card", "card": {"number": "1"}}]
)
def test_incomplete_methods_are_refused(client: stripe.StripeClient, params: dict[str, object]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create(params)  # type: ignore[arg-type]

    assert refused.value.http_status == 400


def test_method_is_saved_changed_and_released(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})

    assert client.v1.payment_methods.attach(method.id, {"customer": customer.id}).customer == customer.id
    updated = client.v1.payment_methods.update(method.id, {"billing_details": {"email": "ada@example.com"}})
    released = client.v1.payment_methods.detach(method.id)

    assert updated.billing_details.email == "ada@example.com"
    assert released.customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="is not attached to a customer"):
        client.v1.payment_methods.detach(method.id)


def test_declined_card_is_not_saved(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})

    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer.id})

    assert declined.value.code == "card_declined"
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []


def test_card_declined_later_is_saved(client: stripe.StripeClient, ledger: Ledger) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_chargeCustomerFail"})
    saved = client.v1.payment_methods.list({"customer": customer.id, "type": "card"}).data[0]

    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create(payment(customer=customer.id, payment_method=saved.id))

    assert ledger() == []
