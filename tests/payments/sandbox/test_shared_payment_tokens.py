import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import PINNED, PREVIEW, Ledger, Pass, Wire, clock_of
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold, payment, unconfirmed
from tests.waiting import HANG_GUARD

DAY = 24 * 60 * 60

GRANT = "/v1/test_helpers/shared_payment/granted_tokens"
LIMITS = {"usage_limits[currency]": "usd", "usage_limits[max_amount]": "5000"}
DEAD = "The shared payment granted token cannot be used because it is already in a deactivated state."
TOO_MUCH = (
    "The requested amount is greater than the remaining amount capturable with this shared payment granted token."
)
NEW: stripe.RequestOptions = {"stripe_version": PREVIEW}


def grant(wire: Wire, **changes: str) -> Any:
    params = {"payment_method": "pm_card_visa", **LIMITS, **changes}
    return wire("POST", GRANT, params, {"Stripe-Version": PREVIEW})


def look(wire: Wire, token: str) -> Any:
    return wire("GET", f"/v1/shared_payment/granted_tokens/{token}", None, {"Stripe-Version": PREVIEW}).json


def with_token(token: str, **changes: Any) -> Any:
    params = payment(payment_method_data={"shared_payment_granted_token": token}, **changes)
    del params["payment_method"]
    return params


def test_granted_token_shows_its_limits(wire: Wire, ledger: Ledger) -> None:
    expires_at = int(time.time()) + 3600

    token = grant(wire, **{"usage_limits[expires_at]": str(expires_at), "shared_metadata[session]": "cs_1"}).json

    assert token["id"].startswith("spt_")
    assert token["object"] == "shared_payment.granted_token"
    assert token["usage_limits"] == {
        "currency": "usd", "expires_at": expires_at, "max_amount": 5000, "recurring": None,
    }  # fmt: skip
    assert token["usage_details"] == {"amount_captured": {"currency": "usd", "value": 0}}
    assert (token["deactivated_at"], token["deactivated_reason"]) == (None, None)
    assert token["payment_method_details"]["card"]["last4"] == "4242"
    assert token["shared_metadata"] == {"session": "cs_1"}
    assert look(wire, token["id"]) == token
    assert not [name for name in token if name.startswith("_")]
    assert ledger() == []


def test_sdk_reads_a_token(client: stripe.StripeClient, wire: Wire) -> None:
    token = grant(wire).json["id"]

    answer = client.raw_request("get", f"/v1/shared_payment/granted_tokens/{token}", stripe_version=PREVIEW)

    assert client.deserialize(answer, api_mode="V1").to_dict()["usage_limits"]["max_amount"] == 5000


@pytest.mark.parametrize("amount", [4900, 5000])
def test_token_pays_once(client: stripe.StripeClient, wire: Wire, ledger: Ledger, amount: int) -> None:
    token = grant(wire).json["id"]

    paid = client.v1.payment_intents.create(with_token(token, amount=amount), NEW)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(with_token(token, amount=50), NEW)

    assert (paid.status, paid.amount_received) == ("succeeded", amount)
    assert (refused.value.http_status, refused.value.code) == (400, None)
    assert refused.value.user_message == DEAD
    used = look(wire, token)
    assert (used["deactivated_reason"], used["usage_details"]["amount_captured"]["value"]) == (
        "consumed",
        amount,
    )
    assert ledger() == [("authorization", amount), ("capture", amount)]


def test_token_pays_with_a_copy_of_the_method(client: stripe.StripeClient, wire: Wire) -> None:
    token = grant(wire).json["id"]

    paid = client.v1.payment_intents.create(with_token(token, expand=["payment_method", "latest_charge"]), NEW)

    shown = paid.to_dict()
    assert shown["shared_payment_granted_token"] == token
    assert shown["payment_method"]["shared_payment_granted_token"] == token
    assert shown["payment_method"]["customer"] is None
    assert shown["latest_charge"]["payment_method_details"]["shared_payment_granted_token"] == token


@pytest.mark.parametrize("act", ["confirm", "update"])
def test_token_may_come_later(client: stripe.StripeClient, wire: Wire, ledger: Ledger, act: str) -> None:
    token = grant(wire).json["id"]
    intent = client.v1.payment_intents.create(unconfirmed())
    data: Any = {"payment_method_data": {"shared_payment_granted_token": token}}

    getattr(client.v1.payment_intents, act)(intent.id, data, NEW)
    if act == "update":
        assert look(wire, token)["deactivated_at"] is None
        client.v1.payment_intents.confirm(intent.id)

    assert look(wire, token)["deactivated_reason"] == "consumed"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_two_intents_with_one_token_are_paid_once(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire).json["id"]
    data: Any = {"payment_method_data": {"shared_payment_granted_token": token}}
    first, second = (client.v1.payment_intents.create(unconfirmed(**data), NEW) for _ in range(2))

    client.v1.payment_intents.confirm(first.id)
    with pytest.raises(stripe.InvalidRequestError, match="deactivated state"):
        client.v1.payment_intents.confirm(second.id)

    assert client.v1.payment_intents.retrieve(second.id).status == "requires_confirmation"
    assert ledger() == [("authorization", 4900), ("capture", 4900)]


def test_replay_outlives_the_token(wire: Wire, ledger: Ledger) -> None:
    params = {
        "amount": "100", "currency": "usd", "confirm": "true", "allowed_payment_method_types[]": "card",
        "payment_method_data[shared_payment_granted_token]": grant(wire).json["id"],
    }  # fmt: skip
    keyed = {"Stripe-Version": PREVIEW, "Idempotency-Key": "k"}

    first = wire("POST", "/v1/payment_intents", params, keyed)
    again = wire("POST", "/v1/payment_intents", params, keyed)

    assert (first.status, again.status, again.raw) == (200, 200, first.raw)
    assert ledger() == [("authorization", 100), ("capture", 100)]


def test_hold_uses_a_token_up(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire).json["id"]
    held = client.v1.payment_intents.create(with_token(token, capture_method="manual"), NEW)

    assert look(wire, token)["deactivated_reason"] == "consumed"
    assert look(wire, token)["usage_details"]["amount_captured"]["value"] == 0
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 4000})
    assert look(wire, token)["usage_details"]["amount_captured"]["value"] == 4000
    assert ledger() == [("authorization", 4900), ("capture", 4000), ("void", 900)]


def test_canceled_hold_does_not_revive_a_token(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire).json["id"]
    held = client.v1.payment_intents.create(with_token(token, capture_method="manual"), NEW)
    client.v1.payment_intents.cancel(held.id)

    with pytest.raises(stripe.InvalidRequestError, match="deactivated state"):
        client.v1.payment_intents.create(with_token(token), NEW)

    assert ledger() == [("authorization", 4900), ("void", 4900)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": 5001}, TOO_MUCH),
        (
            {"currency": "eur"},
            "The requested currency does not match the currency of this shared payment granted token.",
        ),
        (
            {"setup_future_usage": "off_session"},
            "The parameter `setup_future_usage` cannot be used with a shared payment granted token.",
        ),
    ],
)
def test_payment_beyond_the_limits_is_refused(
    client: stripe.StripeClient, wire: Wire, ledger: Ledger, changes: dict[str, Any], message: str
) -> None:
    token = grant(wire).json["id"]

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(with_token(token, **changes), NEW)

    assert (refused.value.http_status, refused.value.code) == (400, None)
    assert refused.value.user_message == message
    assert look(wire, token)["deactivated_at"] is None
    assert client.v1.payment_intents.list().data == []
    assert ledger() == []


@pytest.mark.parametrize("is_in_time", [True, False])
def test_token_expires(
    client: stripe.StripeClient,
    wire: Wire,
    sandbox: RunningSandbox,
    key: str,
    ledger: Ledger,
    let_pass: Pass,
    is_in_time: bool,
) -> None:
    expires_at = clock_of(sandbox.base_url, key)["now"] + DAY
    token = grant(wire, **{"usage_limits[expires_at]": str(expires_at)}).json["id"]
    if not is_in_time:  # it is used before its expiry has been noticed
        with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD, isolation_level=None)) as store:
            store.execute("DELETE FROM timers WHERE object = ?", (token,))
    assert let_pass(DAY) == ["expire_granted_token"] * is_in_time

    with pytest.raises(stripe.InvalidRequestError, match="deactivated state"):
        client.v1.payment_intents.create(with_token(token), NEW)

    expired = look(wire, token)
    assert (expired["deactivated_reason"], expired["deactivated_at"]) == ("expired", expires_at)
    assert ledger() == []


def test_token_is_revoked(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire).json["id"]

    revoked = wire("POST", f"{GRANT}/{token}/revoke", None, {"Stripe-Version": PREVIEW})
    with pytest.raises(stripe.InvalidRequestError, match="deactivated state"):
        client.v1.payment_intents.create(with_token(token), NEW)

    assert revoked.json["deactivated_reason"] == "revoked"
    assert wire("POST", f"{GRANT}/{token}/revoke", None, {"Stripe-Version": PREVIEW}).status == 400
    assert ledger() == []


def test_declined_token_may_be_tried_again(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire, payment_method="pm_card_visa_chargeDeclined").json["id"]

    for _ in range(2):
        with pytest.raises(stripe.CardError):
            client.v1.payment_intents.create(with_token(token), NEW)

    assert look(wire, token)["deactivated_at"] is None
    assert ledger() == []


def test_token_may_need_authentication(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    token = grant(wire, payment_method="pm_card_authenticationRequired").json["id"]

    waiting = client.v1.payment_intents.create(with_token(token), NEW)
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(with_token(token, error_on_requires_action=True), NEW)

    assert waiting.status == "requires_action"
    assert refused.value.code == "authentication_required"
    assert look(wire, token)["deactivated_at"] is None
    assert ledger() == []


def test_unknown_token_is_missing(client: stripe.StripeClient, wire: Wire, ledger: Ledger) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.payment_intents.create(with_token("spt_none"), NEW)

    assert (missing.value.http_status, missing.value.code) == (400, "resource_missing")
    assert (
        wire("GET", "/v1/shared_payment/granted_tokens/spt_none", None, {"Stripe-Version": PREVIEW}).status == 404
    )
    assert ledger() == []


@pytest.mark.parametrize("version", [PINNED, "2026-04-21.preview", ""])
def test_token_calls_need_the_preview(wire: Wire, ledger: Ledger, version: str) -> None:
    token = grant(wire).json["id"]
    older = {"Stripe-Version": version}

    assert wire("POST", GRANT, {"payment_method": "pm_card_visa", **LIMITS}, older).status == 404
    assert wire("GET", f"/v1/shared_payment/granted_tokens/{token}", None, older).status == 404
    data = {"amount": 100, "currency": "usd", "payment_method_data[shared_payment_granted_token]": token}
    unknown = wire("POST", "/v1/payment_intents", data, older)
    assert (unknown.status, unknown.error["code"]) == (400, "parameter_unknown")
    assert unknown.error["param"] == "payment_method_data[shared_payment_granted_token]"
    assert ledger() == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"payment_method": "pm_none"}, "payment_method"),
        ({"usage_limits[currency]": "xxx"}, "usage_limits[currency]"),
        ({"usage_limits[max_amount]": "0"}, "usage_limits[max_amount]"),
        ({"usage_limits[expires_at]": "1"}, "usage_limits[expires_at]"),
        ({"usage_limits[expires_at]": "4102444800"}, "usage_limits[expires_at]"),
        ({"seller_details[network_id]": "profile_1"}, "seller_details"),
        ({"customer": "cus_none"}, "customer"),
    ],
)
def test_impossible_grants_are_refused(wire: Wire, changes: dict[str, str], param: str) -> None:
    refused = grant(wire, **changes)

    assert (refused.status, refused.error["param"]) == (400, param)


def test_ordinary_hold_works_in_the_preview(client: stripe.StripeClient, ledger: Ledger) -> None:
    assert client.v1.payment_intents.create(hold(), NEW).status == "requires_capture"
    assert ledger() == [("authorization", 4900)]
