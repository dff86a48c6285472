"""SEPA Direct Debit: asked for under a mandate, decided later, paid or sent back."""

from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Pass

SUCCEEDS, SUCCEEDS_LATE, FAILS = "AT611904300234573201", "AT321904300235473204", "AT861904300235473202"
MANDATE = {"customer_acceptance": {"type": "offline"}}


def account(iban: str = SUCCEEDS) -> Any:
    described = {"name": "Ada Park", "email": "ada.park@example.com"}
    return {"type": "sepa_debit", "sepa_debit": {"iban": iban}, "billing_details": described}


def debit(client: stripe.StripeClient, iban: str = SUCCEEDS, **changes: Any) -> stripe.PaymentIntent:
    method = client.v1.payment_methods.create(account(iban))
    wanted = {
        "amount": 1000,
        "currency": "eur",
        "allowed_payment_method_types": ["sepa_debit"],
        "payment_method": method.id,
        "confirm": True,
        "mandate_data": MANDATE,
    }
    params: Any = {**wanted, **changes}
    return client.v1.payment_intents.create(params)


def told(client: stripe.StripeClient, count: int) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": count}).data][::-1]


@pytest.mark.usefixtures("let_pass")
def test_debit_is_processing_under_a_mandate(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = debit(client)

    charge = client.v1.charges.retrieve(str(intent.latest_charge)).to_dict()
    details = charge["payment_method_details"]["sepa_debit"]
    mandate = client.v1.mandates.retrieve(details["mandate"])
    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert (charge["status"], charge["paid"], charge["captured"]) == ("pending", False, False)
    assert (details["bank_code"], details["country"], details["last4"]) == ("19043", "AT", "3201")
    assert (mandate.status, mandate.type, mandate.payment_method) == ("active", "multi_use", intent.payment_method)
    assert mandate.customer_acceptance.type == "offline"
    assert told(client, 3) == ["payment_intent.created", "payment_intent.processing", "charge.pending"]
    assert ledger() == []


@pytest.mark.parametrize(("iban", "seconds"), [(SUCCEEDS, 10), (SUCCEEDS_LATE, 180)])
def test_debit_is_paid_later(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass, iban: str, seconds: int
) -> None:
    intent = debit(client, iban)

    assert let_pass(seconds - 5) == []
    assert let_pass(5) == ["decide_debit"]

    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}).to_dict()
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 1000)
    assert (paid["latest_charge"]["status"], paid["latest_charge"]["amount_captured"]) == ("succeeded", 1000)
    assert told(client, 2) == ["charge.succeeded", "payment_intent.succeeded"]
    assert ledger() == [("authorization", 1000), ("capture", 1000)]


def test_debit_is_sent_back_and_the_intent_tried_again(
    client: stripe.StripeClient, ledger: Ledger, let_pass: Pass
) -> None:
    intent = debit(client, FAILS)
    let_pass(10)

    failed = client.v1.payment_intents.retrieve(intent.id)
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_payment_attempt_failed"
    assert client.v1.charges.retrieve(str(intent.latest_charge)).status == "failed"
    assert told(client, 2) == ["charge.failed", "payment_intent.payment_failed"]
    again: Any = {"payment_method": client.v1.payment_methods.create(account()).id, "mandate_data": MANDATE}
    assert client.v1.payment_intents.confirm(intent.id, again).status == "processing"
    let_pass(10)
    assert ledger() == [("authorization", 1000), ("capture", 1000)]


def test_canceled_debit_is_never_paid(client: stripe.StripeClient, ledger: Ledger, let_pass: Pass) -> None:
    intent = debit(client)

    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert let_pass(3600) == []
    assert client.v1.charges.retrieve(str(intent.latest_charge)).status == "failed"
    assert ledger() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"currency": "usd"}, r"currency provided \(usd\) is invalid"),
        ({"mandate_data": ""}, "requires a mandate"),
        ({"capture_method": "manual"}, "does not emulate"),
        ({"allowed_payment_method_types": ["card"]}, r"\(sepa_debit\) is not allowed"),
    ],
)
def test_debit_that_cannot_be_is_refused(
    client: stripe.StripeClient, ledger: Ledger, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        debit(client, **changes)

    assert client.v1.payment_intents.list().data == []
    assert ledger() == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"sepa_debit": {"iban": "DE00"}}, "sepa_debit[iban]"),
        ({"billing_details": {"name": "Ada Park"}}, "billing_details[email]"),
        ({"type": "us_bank_account"}, "sepa_debit"),
    ],
)
def test_account_that_is_not_published_is_refused(
    client: stripe.StripeClient, changes: dict[str, Any], param: str
) -> None:
    params: Any = {**account(), **changes}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create(params)

    assert refused.value.param == param


def test_what_is_not_emulated_of_debits_says_so(client: stripe.StripeClient, let_pass: Pass) -> None:
    method, customer = client.v1.payment_methods.create(account()), client.v1.customers.create({})
    intent = debit(client)
    let_pass(10)

    with pytest.raises(stripe.InvalidRequestError, match="saved payment methods of type card"):
        client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="refunds to cards"):
        client.v1.refunds.create({"payment_intent": intent.id})
