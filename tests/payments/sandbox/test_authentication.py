import base64

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger, Wire, connect
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import payment


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("", "You did not provide an API key."),
        ("Bearer ", "You did not provide an API key."),
        ("Digest abc", "You did not provide an API key."),
        ("Basic !!!", "You did not provide an API key."),
        ("Bearer sk_live_51Habcdefghijkl", "Invalid API Key provided: sk_live_"),
        ("Bearer pk_test_51Habcdefghijkl", "Invalid API Key provided: pk_test_"),
        ("Bearer sk_test_", "Invalid API Key provided: sk_test_"),
        ("Bearer sk_test_a b", "Invalid API Key provided: sk_test_"),
    ],
)
def test_other_keys_than_test_keys_are_refused(wire: Wire, authorization: str, message: str) -> None:
    answer = wire("POST", "/v1/payment_intents", {"amount": 100}, {"Authorization": authorization})

    assert answer.status == 401
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["message"].startswith(message)
    assert answer.headers["Request-Id"].startswith("req_")


def test_refused_key_is_not_repeated_in_full(wire: Wire) -> None:
    answer = wire("GET", "/v1/charges", None, {"Authorization": "Bearer sk_live_51Habcdefghijklmnop"})

    assert answer.error["message"] == "Invalid API Key provided: sk_live_***************mnop"


def test_sdk_raises_authentication_error(sandbox: RunningSandbox) -> None:
    with pytest.raises(stripe.AuthenticationError):
        connect(sandbox.base_url, "sk_live_51Habcdefghijkl").v1.payment_intents.create(payment())


@pytest.mark.parametrize("kind", ["sk", "rk"])
def test_basic_and_bearer_name_the_same_account(wire: Wire, key: str, kind: str) -> None:
    secret_key = kind + key.removeprefix("sk")
    basic = "Basic " + base64.b64encode(f"{secret_key}:".encode()).decode()
    created = wire("POST", "/v1/customers", {"name": "Ada"}, {"Authorization": basic}).json["id"]

    found = wire("GET", f"/v1/customers/{created}", None, {"Authorization": f"Bearer {secret_key}"})

    assert found.json["name"] == "Ada"


def test_keys_do_not_see_each_other(sandbox: RunningSandbox, client: stripe.StripeClient, ledger: Ledger) -> None:
    paid = client.v1.payment_intents.create(payment())
    stranger = connect(sandbox.base_url, "sk_test_stranger")

    with pytest.raises(stripe.InvalidRequestError) as missing:
        stranger.v1.refunds.create({"payment_intent": paid.id})

    assert missing.value.http_status == 404
    assert missing.value.code == "resource_missing"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_connected_accounts_are_refused(wire: Wire) -> None:
    answer = wire("GET", "/v1/charges", None, {"Stripe-Account": "acct_1"})

    assert answer.status == 400
    assert answer.error["message"] == "This sandbox does not emulate connected accounts."
