import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire
from tests.payments.sandbox.samples import payment


def test_token_is_charged_without_an_intent(client: stripe.StripeClient, ledger: Ledger) -> None:
    charge = client.v1.charges.create({"amount": 2000, "currency": "usd", "source": "tok_visa"})

    assert (charge.status, charge.captured, charge.amount_captured) == ("succeeded", True, 2000)
    assert charge.payment_intent is None
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_charge_is_held_and_captured(client: stripe.StripeClient, ledger: Ledger) -> None:
    charge = client.v1.charges.create({"amount": 2000, "currency": "usd", "source": "tok_visa", "capture": False})
    assert charge.captured is False

    captured = client.v1.charges.capture(charge.id, {"amount": 1500})

    assert (captured.captured, captured.amount_captured) == (True, 1500)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.charges.capture(charge.id)
    assert refused.value.code == "charge_already_captured"
    assert ledger() == [("authorization", 2000), ("capture", 1500), ("void", 500)]


@pytest.mark.parametrize(
    ("source", "code", "decline_code"),
    [
        ("tok_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("tok_chargeDeclinedExpiredCard", "expired_card", None),
        ("tok_authenticationRequired", "authentication_required", "authentication_required"),
    ],
)
def test_declined_token_takes_nothing(
    client: stripe.StripeClient, ledger: Ledger, source: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.charges.create({"amount": 2000, "currency": "usd", "source": source})

    assert declined.value.error is not None
    assert (declined.value.code, declined.value.error.decline_code) == (code, decline_code)
    assert client.v1.charges.retrieve(str(declined.value.error.charge)).status == "failed"
    assert ledger() == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"amount": "100", "currency": "usd"}, "parameter_missing"),
        ({"currency": "usd", "source": "tok_visa"}, "parameter_missing"),
        ({"amount": "100", "currency": "usd", "source": "tok_none"}, "resource_missing"),
        ({"amount": "49", "currency": "usd", "source": "tok_visa"}, "amount_too_small"),
    ],
)
def test_impossible_charges_are_refused(wire: Wire, ledger: Ledger, params: dict[str, str], code: str) -> None:
    answer = wire("POST", "/v1/charges", params)

    assert (answer.status, answer.error["code"]) == (400, code)
    assert ledger() == []


def test_created_token_is_charged_once(client: stripe.StripeClient, ledger: Ledger) -> None:
    token = client.v1.tokens.create(
        {"card": {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}}
    )
    client.v1.charges.create({"amount": 2000, "currency": "usd", "source": token.id})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.charges.create({"amount": 2000, "currency": "usd", "source": token.id})

    assert refused.value.code == "token_already_used"
    assert client.v1.tokens.retrieve(token.id).used is True
    assert ledger() == [("authorization", 2000), ("capture", 2000)]


def test_uncaptured_charge_is_not_refunded(client: stripe.StripeClient, ledger: Ledger) -> None:
    charge = client.v1.charges.create({"amount": 2000, "currency": "usd", "source": "tok_visa", "capture": False})

    with pytest.raises(stripe.InvalidRequestError, match="has not been captured"):
        client.v1.refunds.create({"charge": charge.id})

    assert ledger() == [("authorization", 2000)]


def test_charge_keeps_notes(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(payment(metadata={"order": "17"}))

    charge = client.v1.charges.update(
        str(intent.latest_charge), {"description": "Parcel", "metadata": {"parcel": "1"}}
    )

    assert charge.description == "Parcel"
    assert charge.metadata.to_dict() == {"order": "17", "parcel": "1"}
    assert charge.amount == 4900
