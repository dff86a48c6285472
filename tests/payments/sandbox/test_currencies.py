import pytest
import stripe

from commerce.payments.sandbox.currencies import (
    MINIMUM_AMOUNTS,
    SUPPORTED,
    decimal_text,
    exponent,
    money_text,
)
from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.samples import payment


@pytest.mark.parametrize(
    ("amount", "currency", "code", "message"),
    [
        (49, "usd", "amount_too_small", "Amount must be at least $0.50 usd"),
        (29, "gbp", "amount_too_small", "Amount must be at least £0.30 gbp"),
        (49, "jpy", "amount_too_small", "Amount must be at least ¥50 jpy"),
        (17499, "huf", "amount_too_small", "Amount must be at least 175.00 huf"),
        (0, "usd", "parameter_invalid_integer", "This value must be greater than or equal to 1."),
        (-100, "usd", "parameter_invalid_integer", "This value must be greater than or equal to 1."),
        (100_000_000, "usd", "amount_too_large", "Amount must be no more than $999,999.99 usd"),
        (10_005, "kwd", "invalid_charge_amount", "the last digit of an amount in kwd must be 0"),
        (550, "isk", "invalid_charge_amount", "the last two digits of an amount in isk must be 00"),
    ],
)
def test_impossible_amounts_are_refused(
    client: stripe.StripeClient, ledger: Ledger, amount: int, currency: str, code: str, message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(payment(amount=amount, currency=currency))

    assert (refused.value.code, refused.value.param) == (code, "amount")
    assert message in str(refused.value.user_message)
    assert ledger() == []


@pytest.mark.parametrize(
    ("amount", "currency"),
    [(50, "usd"), (30, "gbp"), (50, "jpy"), (17500, "huf"), (10_010, "kwd"), (500, "isk"),
     (99_999_999, "eur"), (999_999_999_999, "idr"), (1, "clp")],
)  # fmt: skip
def test_smallest_and_largest_amounts_are_charged(
    client: stripe.StripeClient, ledger: Ledger, amount: int, currency: str
) -> None:
    assert client.v1.payment_intents.create(payment(amount=amount, currency=currency)).currency == currency
    assert ledger() == [("authorization", amount), ("capture", amount)]


@pytest.mark.parametrize("currency", ["xxx", "us", "dollar", "btc"])
def test_unknown_currencies_are_refused(client: stripe.StripeClient, ledger: Ledger, currency: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=f"Invalid currency: {currency}") as refused:
        client.v1.payment_intents.create(payment(currency=currency))

    assert refused.value.param == "currency"
    assert ledger() == []


def test_capital_letters_are_lowered(client: stripe.StripeClient) -> None:
    assert client.v1.payment_intents.create(payment(currency="EUR")).currency == "eur"


@pytest.mark.parametrize(
    ("amount", "currency", "text", "money"),
    [
        (1234, "usd", "12.34", "$12.34"),
        (5, "usd", "0.05", "$0.05"),
        (1_234_567, "jpy", "1,234,567", "¥1,234,567"),
        (1_234_560, "kwd", "1,234.560", "1,234.560 kwd"),
        (-250, "eur", "-2.50", "€-2.50"),
    ],
)
def test_amounts_are_written_in_their_currency(amount: int, currency: str, text: str, money: str) -> None:
    assert decimal_text(amount, currency) == text
    assert money_text(amount, currency) == money


def test_every_minimum_is_of_a_supported_currency() -> None:
    assert MINIMUM_AMOUNTS.keys() <= SUPPORTED
    assert {exponent(currency) for currency in SUPPORTED} == {0, 2, 3}
