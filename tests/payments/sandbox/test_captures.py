import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire
from tests.payments.sandbox.samples import hold, intent_of, payment, unconfirmed

WEEK = 7 * 24 * 60 * 60


def test_hold_can_be_captured_for_a_week(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold(), {})
    charge = client.v1.charges.retrieve(str(intent.latest_charge))

    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 4900, 0)
    assert (charge.captured, charge.amount_captured, charge.paid) == (False, 0, True)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.capture_before == charge.created + WEEK
    assert charge.payment_method_details.card.amount_authorized == 4900
    assert ledger() == [("authorization", 4900)]


def test_whole_hold_is_captured(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())

    captured = client.v1.payment_intents.capture(intent.id, {"metadata": {"parcel": "1"}})

    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 4900, 0)
    assert captured.metadata.to_dict() == {"parcel": "1"}
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_partial_capture_releases_the_rest(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())

    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 4000})
    charge = client.v1.charges.retrieve(str(intent.latest_charge))

    assert (captured.amount, captured.amount_received, captured.amount_capturable) == (4900, 4000, 0)
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (4900, 4000, 0)
    assert (charge.captured, charge.refunded) == (True, False)
    assert client.v1.refunds.list({"charge": charge.id}).data == []
    assert ledger() == [("authorization", 4900), ("capture", 4000), ("void", 900)]


@pytest.mark.parametrize(
    ("amount", "code", "param"),
    [
        (4901, "amount_too_large", None),
        (0, "parameter_invalid_integer", "amount"),
        (-1, None, "amount_to_capture"),
    ],
)
def test_other_amounts_than_held_are_refused(
    client: stripe.StripeClient, ledger: Ledger, amount: int, code: str | None, param: str | None
) -> None:
    intent = client.v1.payment_intents.create(hold())

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": amount})

    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert intent_of(refused.value) == intent.id
    assert client.v1.payment_intents.retrieve(intent.id).amount_capturable == 4900
    assert ledger() == [("authorization", 4900)]


@pytest.mark.parametrize("amount_to_capture", [4900, 4000])
def test_second_capture_is_refused(client: stripe.StripeClient, ledger: Ledger, amount_to_capture: int) -> None:
    intent = client.v1.payment_intents.create(hold())
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": amount_to_capture})
    before = ledger()

    with pytest.raises(
        stripe.InvalidRequestError, match="remainder of the authorized amount has been released"
    ) as e:
        client.v1.payment_intents.capture(intent.id)

    assert e.value.code == "payment_intent_unexpected_state"
    assert ledger() == before


def test_intent_without_hold_is_not_captured(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(unconfirmed())

    with pytest.raises(stripe.InvalidRequestError, match="it has a status of requires_payment_method") as refused:
        client.v1.payment_intents.capture(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert ledger() == []


def test_capture_in_several_parts_is_refused(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())

    with pytest.raises(stripe.InvalidRequestError, match="does not emulate the parameter final_capture"):
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 100, "final_capture": False})

    assert ledger() == [("authorization", 4900)]


def test_card_option_asks_for_a_hold_too(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(
        payment(payment_method_options={"card": {"capture_method": "manual"}})
    )

    assert intent.status == "requires_capture"
    assert ledger() == [("authorization", 4900)]


def test_charge_of_an_intent_is_captured_through_it(
    wire: Wire, client: stripe.StripeClient, ledger: Ledger
) -> None:
    intent = client.v1.payment_intents.create(hold())

    answer = wire("POST", f"/v1/charges/{intent.latest_charge}/capture")

    assert answer.status == 400
    assert f"created by a PaymentIntent ({intent.id}). You must capture" in answer.error["message"]
    assert ledger() == [("authorization", 4900)]
