"""Bank transfers: what a customer sends is put to what they owe, the rest is kept for them."""

from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.samples import CARDS_ONLY


def owed(client: stripe.StripeClient, payer: str, amount: int = 20_000, **changes: Any) -> stripe.PaymentIntent:
    transfer = {"funding_type": "bank_transfer", "bank_transfer": {"type": "jp_bank_transfer"}}
    wanted = {
        "amount": amount,
        "currency": "jpy",
        "customer": payer,
        "allowed_payment_method_types": ["customer_balance"],
        "payment_method_data": {"type": "customer_balance"},
        "payment_method_options": {"customer_balance": transfer},
        "confirm": True,
    }
    params: Any = {**wanted, **changes}
    return client.v1.payment_intents.create(params)


def send(client: stripe.StripeClient, customer: str, amount: int, currency: str = "jpy") -> Any:
    return client.v1.test_helpers.customers.fund_cash_balance(customer, {"amount": amount, "currency": currency})


def missing(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> int:
    shown = client.v1.payment_intents.retrieve(intent.id)
    if shown.next_action is None:
        return 0
    return int(shown.next_action.to_dict()["display_bank_transfer_instructions"]["amount_remaining"])


def kept(client: stripe.StripeClient, customer: str) -> Any:
    available = client.v1.customers.cash_balance.retrieve(customer).available
    return None if available is None else available.to_dict()


def told(client: stripe.StripeClient, count: int) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": count}).data][::-1]


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    return client.v1.customers.create({}).id


def test_customer_is_told_where_to_send_money(client: stripe.StripeClient, customer: str, ledger: Ledger) -> None:
    intent = owed(client, customer)

    assert intent.status == "requires_action"
    assert intent.next_action is not None
    told_to = intent.next_action.to_dict()["display_bank_transfer_instructions"]
    assert (told_to["amount_remaining"], told_to["currency"], told_to["type"]) == (
        20_000,
        "jpy",
        "jp_bank_transfer",
    )
    (address,) = told_to["financial_addresses"]
    assert len(address["zengin"]["account_number"]) == 7
    assert told(client, 2) == ["payment_intent.created", "payment_intent.requires_action"]
    assert ledger() == []


def test_payment_is_funded_in_parts(client: stripe.StripeClient, customer: str, ledger: Ledger) -> None:
    intent = owed(client, customer)

    arrived = send(client, customer, 12_000)

    assert (arrived.type, arrived.net_amount, arrived.ending_balance) == ("funded", 12_000, 12_000)
    assert (missing(client, intent), kept(client, customer), ledger()) == (8_000, None, [])
    moved = "customer_cash_balance_transaction.created"
    assert told(client, 3) == [moved, moved, "payment_intent.partially_funded"]

    send(client, customer, 9_500)

    paid = client.v1.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 20_000, None)
    assert kept(client, customer) == {"jpy": 1_500}
    assert told(client, 3) == ["charge.succeeded", "payment_intent.succeeded", "cash_balance.funds_available"]
    assert ledger() == [("authorization", 20_000), ("capture", 20_000)]
    history = client.v1.customers.cash_balance_transactions.list(customer).data
    assert [(one.type, one.net_amount) for one in history] == [
        ("applied_to_payment", -8_000),
        ("funded", 9_500),
        ("applied_to_payment", -12_000),
        ("funded", 12_000),
    ]


def test_exact_amount_goes_to_who_waits_for_it_else_to_the_oldest(
    client: stripe.StripeClient, customer: str
) -> None:
    oldest, exact, newest = (owed(client, customer, amount) for amount in (20_000, 7_000, 9_000))

    send(client, customer, 7_000)
    assert [missing(client, one) for one in (oldest, exact, newest)] == [20_000, 0, 9_000]

    send(client, customer, 23_000)
    assert [missing(client, one) for one in (oldest, exact, newest)] == [0, 0, 6_000]


def test_money_that_is_there_pays_at_once(client: stripe.StripeClient, customer: str, ledger: Ledger) -> None:
    send(client, customer, 25_000)

    assert owed(client, customer).status == "succeeded"
    assert missing(client, owed(client, customer)) == 15_000
    assert ledger() == [("authorization", 20_000), ("capture", 20_000)]


@pytest.mark.parametrize("how", ["canceled", "paid by card"])
def test_what_came_for_a_payment_that_ends_otherwise_is_kept(
    client: stripe.StripeClient, customer: str, ledger: Ledger, how: str
) -> None:
    intent = owed(client, customer, allowed_payment_method_types=["customer_balance", "card"])
    send(client, customer, 12_000)

    if how == "canceled":
        client.v1.payment_intents.cancel(intent.id)
    else:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert kept(client, customer) == {"jpy": 12_000}
    assert ledger() == ([] if how == "canceled" else [("authorization", 20_000), ("capture", 20_000)])


def test_dollars_are_sent_to_an_account_of_their_own(client: stripe.StripeClient, customer: str) -> None:
    transfer = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
    intent = owed(client, customer, currency="usd", payment_method_options={"customer_balance": transfer})

    send(client, customer, 20_000)
    assert missing(client, intent) == 20_000
    send(client, customer, 20_000, "usd")
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert kept(client, customer) == {"jpy": 20_000}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer": None}, "customer is required"),
        ({"payment_method_options": {}}, "needs funding_type"),
        ({"currency": "usd"}, "does not emulate"),
        (
            {"allowed_payment_method_types": None, "automatic_payment_methods": CARDS_ONLY},
            r"\(customer_balance\) is not allowed",
        ),
    ],
)
def test_transfer_that_cannot_be_is_refused(
    client: stripe.StripeClient, customer: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        owed(client, customer, **changes)

    assert client.v1.payment_intents.list().data == []


def test_nothing_and_foreign_money_do_not_arrive(client: stripe.StripeClient, customer: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="greater than or equal to 1"):
        send(client, customer, 0)
    with pytest.raises(stripe.InvalidRequestError, match="does not emulate"):
        send(client, customer, 100, "eur")
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        send(client, "cus_nobody", 100)

    assert kept(client, customer) is None
