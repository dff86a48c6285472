import time

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.samples import hold, payment, unconfirmed


def test_cancel_releases_the_hold(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(hold())
    before = int(time.time())

    canceled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "requested_by_customer"})
    charge = client.v1.charges.retrieve(str(intent.latest_charge))

    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    assert canceled.cancellation_reason == "requested_by_customer"
    assert canceled.canceled_at is not None
    assert before <= canceled.canceled_at <= time.time()
    assert (charge.captured, charge.refunded, charge.amount_refunded) == (False, False, 0)
    assert client.v1.refunds.list({"charge": charge.id}).data == []
    assert ledger() == [("authorization", 4900), ("void", 4900)]


@pytest.mark.parametrize("method", [None, "pm_card_visa"])
def test_intent_without_hold_is_canceled(client: stripe.StripeClient, ledger: Ledger, method: str | None) -> None:
    params = unconfirmed() if method is None else unconfirmed(payment_method=method)
    intent = client.v1.payment_intents.create(params)

    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert ledger() == []


def test_waiting_intent_is_canceled(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment(payment_method="pm_card_authenticationRequired"))

    canceled = client.v1.payment_intents.cancel(intent.id)

    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert ledger() == []


@pytest.mark.parametrize("status", ["succeeded", "canceled"])
def test_ended_intent_is_not_canceled(client: stripe.StripeClient, ledger: Ledger, status: str) -> None:
    intent = client.v1.payment_intents.create(payment() if status == "succeeded" else hold())
    if status == "canceled":
        client.v1.payment_intents.cancel(intent.id)
    before = ledger()

    with pytest.raises(stripe.InvalidRequestError, match=f"because it has a status of {status}") as refused:
        client.v1.payment_intents.cancel(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert ledger() == before


@pytest.mark.parametrize("act", ["capture", "confirm"])
def test_canceled_intent_stays_canceled(client: stripe.StripeClient, ledger: Ledger, act: str) -> None:
    intent = client.v1.payment_intents.create(hold())
    client.v1.payment_intents.cancel(intent.id)

    with pytest.raises(stripe.InvalidRequestError, match="it has a status of canceled"):
        getattr(client.v1.payment_intents, act)(intent.id)

    assert ledger() == [("authorization", 4900), ("void", 4900)]
