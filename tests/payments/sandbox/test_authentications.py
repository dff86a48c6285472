from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import intent_of, payment, unconfirmed

ALWAYS = [
    "authenticationRequired",
    "authenticationRequiredOnSetup",
    "threeDSecure2Required",
    "threeDSecureRequired",
    "threeDSecureRequiredChargeDeclined",
]
ON_SESSION = [
    "authenticationRequiredSetupForOffSession",
    "authenticationRequiredChargeDeclinedInsufficientFunds",
]
BACK = "https://shop.example/back"


@pytest.mark.parametrize("card", ALWAYS + ON_SESSION)
def test_authentication_is_demanded(client: stripe.StripeClient, ledger: Ledger, card: str) -> None:
    intent = client.v1.payment_intents.create(payment(payment_method=f"pm_card_{card}"))

    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"
    assert intent.payment_method is not None
    assert ledger() == []


def test_buyer_is_sent_to_the_sandbox_and_back(
    client: stripe.StripeClient, sandbox: RunningSandbox, ledger: Ledger
) -> None:
    intent = client.v1.payment_intents.create(
        payment(payment_method="pm_card_threeDSecure2Required", return_url=BACK)
    )

    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == BACK
    assert urlsplit(str(intent.next_action.redirect_to_url.url)).port == sandbox.port
    assert ledger() == []


@pytest.mark.parametrize("card", ALWAYS)
@pytest.mark.parametrize(
    ("option", "decline_code"),
    [("off_session", "authentication_required"), ("error_on_requires_action", "authentication_not_handled")],
)
def test_payment_that_cannot_wait_is_refused(
    client: stripe.StripeClient, ledger: Ledger, card: str, option: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(payment(payment_method=f"pm_card_{card}", **{option: True}))

    error = refused.value.error
    assert error is not None
    assert (refused.value.http_status, error.code) == (402, "authentication_required")
    assert error.decline_code == decline_code
    intent = client.v1.payment_intents.retrieve(intent_of(refused.value))
    assert (intent.status, intent.latest_charge) == ("requires_payment_method", None)
    assert ledger() == []


@pytest.mark.parametrize("option", ["off_session", "error_on_requires_action"])
def test_confirmation_that_cannot_wait_is_refused(
    client: stripe.StripeClient, ledger: Ledger, option: str
) -> None:
    intent = client.v1.payment_intents.create(unconfirmed(payment_method="pm_card_authenticationRequired"))
    params: Any = {option: True}

    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.confirm(intent.id, params)

    assert (refused.value.http_status, refused.value.code) == (402, "authentication_required")
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert ledger() == []


def test_card_set_up_for_it_is_charged_off_session(client: stripe.StripeClient, ledger: Ledger) -> None:
    card = "pm_card_authenticationRequiredSetupForOffSession"

    assert client.v1.payment_intents.create(payment(payment_method=card, off_session=True)).status == "succeeded"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_poor_card_is_declined_off_session(client: stripe.StripeClient, ledger: Ledger) -> None:
    card = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"

    with pytest.raises(stripe.CardError, match="insufficient funds"):
        client.v1.payment_intents.create(payment(payment_method=card, off_session=True))

    assert ledger() == []


def test_optional_authentication_can_be_asked_for(client: stripe.StripeClient, ledger: Ledger) -> None:
    asking = {"card": {"request_three_d_secure": "any"}}

    intent = client.v1.payment_intents.create(
        payment(payment_method="pm_card_threeDSecureOptional", payment_method_options=asking)
    )

    assert intent.status == "requires_action"
    assert ledger() == []


def test_waiting_intent_is_paid_with_another_card(client: stripe.StripeClient, ledger: Ledger) -> None:
    intent = client.v1.payment_intents.create(payment(payment_method="pm_card_authenticationRequired"))

    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert (paid.status, paid.next_action) == ("succeeded", None)
    assert ledger() == [("authorization", 4900), ("capture", 4900)]
