import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.samples import hold, intent_of, payment, unconfirmed

DECLINES = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ("pm_card_radarBlock", "card_declined", "fraudulent"),
    ("pm_card_riskLevelHighest", "card_declined", "fraudulent"),
]
SUCCESSES = [
    "visa", "visa_debit", "mastercard", "amex", "discover", "us", "bypassPending", "riskLevelElevated",
    "cvcCheckFail", "avsFail", "threeDSecureOptional", "amex_threeDSecureNotSupported",
]  # fmt: skip


@pytest.mark.parametrize(("card", "code", "decline_code"), DECLINES)
def test_declined_card_takes_nothing(
    client: stripe.StripeClient, ledger: Ledger, card: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(payment(payment_method=card))

    error = declined.value.error
    assert error is not None
    assert (declined.value.http_status, error.code, error.decline_code) == (402, code, decline_code)
    intent = client.v1.payment_intents.retrieve(intent_of(declined.value))
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert (intent.last_payment_error.code, intent.last_payment_error.message) == (code, error.message)
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.status, charge.paid, charge.captured, charge.failure_code) == (
        "failed",
        False,
        False,
        code,
    )
    assert error.charge == charge.id
    assert ledger() == []


@pytest.mark.parametrize("card", SUCCESSES)
def test_other_cards_succeed(client: stripe.StripeClient, ledger: Ledger, card: str) -> None:
    intent = client.v1.payment_intents.create(payment(payment_method=f"pm_card_{card}"))

    assert intent.status == "succeeded"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_hold_is_declined_too(client: stripe.StripeClient, ledger: Ledger) -> None:
    with pytest.raises(stripe.CardError, match="Your card has insufficient funds"):
        client.v1.payment_intents.create(hold(payment_method="pm_card_visa_chargeDeclinedInsufficientFunds"))

    assert ledger() == []


def test_declined_intent_is_paid_with_another_card(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(unconfirmed(payment_method="pm_card_visa_chargeDeclined"))
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id)

    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    statuses = [charge.status for charge in client.v1.charges.list({"payment_intent": intent.id}).data]
    assert statuses == ["succeeded", "failed"]
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_blocked_charge_never_reaches_the_network(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(payment(payment_method="pm_card_radarBlock"))

    assert declined.value.error is not None
    outcome = client.v1.charges.retrieve(str(declined.value.error.charge)).outcome
    assert outcome is not None
    assert (outcome.type, outcome.network_status, outcome.risk_level) == (
        "blocked",
        "not_sent_to_network",
        "highest",
    )


@pytest.mark.parametrize(
    ("card", "checks"),
    [("cvcCheckFail", ("fail", None)), ("avsFail", ("pass", "fail")), ("visa", ("pass", None))],
)
def test_checks_are_those_of_the_card(
    client: stripe.StripeClient, card: str, checks: tuple[str, str | None]
) -> None:
    intent = client.v1.payment_intents.create(payment(payment_method=f"pm_card_{card}", expand=["latest_charge"]))

    shown = intent.to_dict()["latest_charge"]["payment_method_details"]["card"]["checks"]
    assert (shown["cvc_check"], shown["address_postal_code_check"]) == checks


def test_unknown_test_card_is_missing(client: stripe.StripeClient, ledger: Ledger) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod: 'pm_card_vissa'") as missing:
        client.v1.payment_intents.create(payment(payment_method="pm_card_vissa"))

    assert missing.value.code == "resource_missing"
    assert ledger() == []
