import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire
from tests.payments.sandbox.samples import hold, intent_of, payment, unconfirmed


def test_whole_payment_is_refunded(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment())

    refund = client.v1.refunds.create({"payment_intent": intent.id, "reason": "requested_by_customer"})
    charge = client.v1.charges.retrieve(str(intent.latest_charge))

    assert (refund.amount, refund.currency, refund.status) == (4900, "usd", "succeeded")
    assert (refund.charge, refund.payment_intent) == (charge.id, intent.id)
    assert refund.reason == "requested_by_customer"
    assert (charge.refunded, charge.amount_refunded, charge.amount_captured) == (True, 4900, 4900)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert ledger() == [("authorization", 4900), ("capture", 4900), ("refund", 4900)]


def test_partial_refunds_add_up(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment())

    client.v1.refunds.create({"payment_intent": intent.id, "amount": 900})
    client.v1.refunds.create({"charge": str(intent.latest_charge), "amount": 1000})
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    rest = client.v1.refunds.create({"payment_intent": intent.id})

    assert (charge.refunded, charge.amount_refunded) == (False, 1900)
    assert rest.amount == 3000
    assert client.v1.charges.retrieve(charge.id).refunded is True
    assert ledger()[2:] == [("refund", 900), ("refund", 1000), ("refund", 3000)]


@pytest.mark.parametrize(
    ("already", "amount", "message"),
    [
        (0, 4901, "Refund amount ($49.01) is greater than unrefunded amount on charge ($49.00)"),
        (4000, 901, "Refund amount ($9.01) is greater than unrefunded amount on charge ($9.00)"),
    ],
)
def test_more_than_captured_is_not_refunded(
    client: stripe.StripeClient, ledger: Ledger, already: int, amount: int, message: str
) -> None:
    intent = client.v1.payment_intents.create(payment())
    if already:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": already})
    before = ledger()

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": amount})

    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, None, "amount")
    assert refused.value.user_message == message
    assert ledger() == before


def test_released_part_of_a_hold_is_not_refunded(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1000})

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1001})
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 1000

    assert ledger() == [("authorization", 4900), ("capture", 1000), ("void", 3900), ("refund", 1000)]


def test_refunded_charge_is_not_refunded_again(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment())
    client.v1.refunds.create({"payment_intent": intent.id})

    with pytest.raises(stripe.InvalidRequestError, match="has already been refunded") as refused:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1})

    assert refused.value.code == "charge_already_refunded"
    assert ledger() == [("authorization", 4900), ("capture", 4900), ("refund", 4900)]


def test_hold_is_canceled_not_refunded(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())

    with pytest.raises(stripe.InvalidRequestError, match="You must cancel the PaymentIntent") as refused:
        client.v1.refunds.create({"payment_intent": intent.id})

    assert refused.value.http_status == 400
    assert ledger() == [("authorization", 4900)]


def test_payment_without_charge_is_not_refunded(client: stripe.StripeClient, ledger: Ledger) -> None:
    unpaid = client.v1.payment_intents.create(unconfirmed())
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(payment(payment_method="pm_card_visa_chargeDeclined"))

    for intent in (unpaid.id, intent_of(declined.value)):
        with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge to refund"):
            client.v1.refunds.create({"payment_intent": intent})

    assert ledger() == []


@pytest.mark.parametrize(
    ("params", "status", "message"),
    [
        ({}, 400, "One of the following params should be provided for this request: payment_intent or"),
        ({"charge": "ch_none"}, 404, "No such charge: 'ch_none'"),
        ({"payment_intent": "pi_none"}, 404, "No such payment_intent: 'pi_none'"),
        ({"charge": "ch_1", "reason": "bored"}, 400, "Invalid reason: must be one of duplicate, fraudulent"),
        ({"charge": "ch_1", "reverse_transfer": "true"}, 400, "This sandbox does not emulate the parameter"),
    ],
)
def test_impossible_refunds_are_refused(wire: Wire, params: dict[str, str], status: int, message: str) -> None:
    answer = wire("POST", "/v1/refunds", params)

    assert answer.status == status
    assert answer.error["message"].startswith(message)


@pytest.mark.parametrize("amount", [0, -5])
def test_refund_of_nothing_is_refused(client: stripe.StripeClient, ledger: Ledger, amount: int) -> None:
    intent = client.v1.payment_intents.create(payment())

    with pytest.raises(stripe.InvalidRequestError, match="greater than or equal to 1"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": amount})

    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_refund_keeps_notes(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(payment())
    refund = client.v1.refunds.create({"payment_intent": intent.id, "metadata": {"return": "1"}})

    client.v1.refunds.update(refund.id, {"metadata": {"parcel": "2"}})

    assert client.v1.refunds.retrieve(refund.id).to_dict()["metadata"] == {"return": "1", "parcel": "2"}
    assert [found.id for found in client.v1.refunds.list({"payment_intent": intent.id}).data] == [refund.id]


def test_card_refund_is_not_canceled(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment())
    refund = client.v1.refunds.create({"payment_intent": intent.id})

    with pytest.raises(stripe.InvalidRequestError, match="Canceling this refund is unsupported"):
        client.v1.refunds.cancel(refund.id)

    assert ledger()[2:] == [("refund", 4900)]
