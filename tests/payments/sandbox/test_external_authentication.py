"""3D Secure that was run elsewhere and is handed over with the confirmation."""

from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire
from tests.payments.sandbox.samples import intent_of, payment, unconfirmed
from tests.payments.sandbox.test_shared_payment_tokens import NEW, grant, look, with_token

CARD = "pm_card_threeDSecure2Required"
PAID = [("authorization", 4900), ("capture", 4900)]
TRANSACTION = "4e4bd9b1-1f6c-4c2c-9a6e-9f35e6f0c001"


def authentication(**changes: str) -> Any:
    given = {
        "cryptogram": "AAIBBYNoEwAAAAAAg4PAAAAAAAA=",
        "electronic_commerce_indicator": "05",
        "transaction_id": TRANSACTION,
        "version": "2.2.0",
        **changes,
    }
    return {"card": {"three_d_secure": given}}


def shown(intent: stripe.PaymentIntent) -> Any:
    return intent.to_dict()["latest_charge"]["payment_method_details"]["card"]["three_d_secure"]


@pytest.mark.parametrize(
    ("changes", "result", "flow"),
    [
        ({}, "authenticated", "frictionless"),
        ({"ares_trans_status": "Y"}, "authenticated", "frictionless"),
        ({"ares_trans_status": "C"}, "authenticated", "challenge"),
        ({"ares_trans_status": "A"}, "attempt_acknowledged", "frictionless"),
        ({"electronic_commerce_indicator": "06"}, "attempt_acknowledged", "frictionless"),
    ],
)
def test_authenticated_card_is_not_challenged(
    client: stripe.StripeClient, ledger: Ledger, changes: dict[str, str], result: str, flow: str
) -> None:
    intent = client.v1.payment_intents.create(
        payment(payment_method=CARD, payment_method_options=authentication(**changes), expand=["latest_charge"])
    )

    assert (intent.status, intent.next_action) == ("succeeded", None)
    assert (shown(intent)["result"], shown(intent)["authentication_flow"]) == (result, flow)
    assert (shown(intent)["transaction_id"], shown(intent)["version"]) == (TRANSACTION, "2.2.0")
    assert ledger() == PAID


@pytest.mark.parametrize("status", ["N", "R", "U", "I"])
def test_failed_authentication_is_refused(client: stripe.StripeClient, ledger: Ledger, status: str) -> None:
    options = authentication(ares_trans_status=status)

    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(payment(payment_method=CARD, payment_method_options=options))

    assert (refused.value.http_status, refused.value.code) == (402, "payment_intent_authentication_failure")
    failed = client.v1.payment_intents.retrieve(intent_of(refused.value))
    assert (failed.status, failed.latest_charge) == ("requires_payment_method", None)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.type == "card_error"
    assert ledger() == []


def test_unauthenticated_indicator_is_refused(client: stripe.StripeClient, ledger: Ledger) -> None:
    options = authentication(electronic_commerce_indicator="07")

    with pytest.raises(stripe.CardError, match="has failed authentication"):
        client.v1.payment_intents.create(payment(payment_method=CARD, payment_method_options=options))

    assert ledger() == []


def test_waiting_intent_is_confirmed_with_a_result(client: stripe.StripeClient, ledger: Ledger) -> None:
    waiting = client.v1.payment_intents.create(payment(payment_method=CARD))
    assert waiting.status == "requires_action"

    paid = client.v1.payment_intents.confirm(waiting.id, {"payment_method_options": authentication()})

    assert (paid.status, paid.next_action) == ("succeeded", None)
    assert paid.payment_method_options is not None
    assert "three_d_secure" not in paid.payment_method_options.to_dict()["card"]
    assert ledger() == PAID


def test_result_given_before_confirming_is_used(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(
        unconfirmed(payment_method=CARD, payment_method_options=authentication())
    )
    assert intent.status == "requires_confirmation"

    assert client.v1.payment_intents.confirm(intent.id).status == "succeeded"
    assert ledger() == PAID


def test_result_is_used_once(client: stripe.StripeClient, ledger: Ledger) -> None:
    declined = "pm_card_threeDSecureRequiredChargeDeclined"
    intent = client.v1.payment_intents.create(
        unconfirmed(payment_method=declined, payment_method_options=authentication())
    )
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id)

    assert client.v1.payment_intents.confirm(intent.id, {"payment_method": CARD}).status == "requires_action"
    assert ledger() == []


def test_token_is_paid_with_a_result(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire, payment_method=CARD).json["id"]

    paid = client.v1.payment_intents.create(with_token(token, payment_method_options=authentication()), NEW)

    assert (paid.status, look(wire, token)["deactivated_reason"]) == ("succeeded", "consumed")
    assert ledger() == PAID


def test_authenticated_card_may_be_declined(client: stripe.StripeClient, ledger: Ledger) -> None:
    card = "pm_card_threeDSecureRequiredChargeDeclined"

    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(payment(payment_method=card, payment_method_options=authentication()))

    assert declined.value.code == "card_declined"
    assert ledger() == []


def test_card_without_authentication_takes_a_result(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(
        payment(payment_method_options=authentication(), expand=["latest_charge"])
    )

    assert shown(intent)["result"] == "authenticated"
    assert ledger() == PAID


@pytest.mark.parametrize(
    ("removed", "code"), [("cryptogram", "parameter_missing"), ("transaction_id", "parameter_missing")]
)
def test_result_must_be_whole(client: stripe.StripeClient, ledger: Ledger, removed: str, code: str) -> None:
    options = authentication()
    del options["card"]["three_d_secure"][removed]
    intent = client.v1.payment_intents.create(unconfirmed(payment_method=CARD))

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method_options": options})

    assert refused.value.code == code
    assert refused.value.param == f"payment_method_options[card][three_d_secure][{removed}]"
    assert ledger() == []


def test_unsupporting_card_is_charged_without(client: stripe.StripeClient, ledger: Ledger) -> None:
    asking = {"card": {"request_three_d_secure": "any"}}

    intent = client.v1.payment_intents.create(
        payment(
            payment_method="pm_card_amex_threeDSecureNotSupported",
            payment_method_options=asking,
            expand=["latest_charge", "payment_method"],
        )
    )

    assert (intent.status, shown(intent)["result"]) == ("succeeded", "not_supported")
    assert intent.to_dict()["payment_method"]["card"]["three_d_secure_usage"] == {"supported": False}
    assert ledger() == PAID
