import time
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import PREVIEW, Wire
from tests.payments.sandbox.samples import hold, payment


def told(client: stripe.StripeClient) -> list[str]:
    """Return the types of this test's events, oldest first."""
    return [str(event.type) for event in client.v1.events.list({"limit": 100}).data][::-1]


def test_payment_tells_its_steps(client: stripe.StripeClient) -> None:
    client.v1.payment_intents.create(payment())

    assert told(client) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_hold_capture_and_refund_tell_their_steps(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(hold())
    client.v1.payment_intents.capture(intent.id)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    client.v1.refunds.update(refund.id, {"metadata": {"a": "b"}})

    assert told(client) == [
        "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
        "charge.captured", "payment_intent.succeeded", "refund.created", "charge.refunded", "refund.updated",
        "charge.refund.updated",
    ]  # fmt: skip


def test_cancellation_tells_its_step(client: stripe.StripeClient) -> None:
    client.v1.payment_intents.cancel(client.v1.payment_intents.create(hold()).id)

    assert told(client)[-1] == "payment_intent.canceled"
    assert "charge.refunded" not in told(client)


@pytest.mark.parametrize(
    ("card", "steps"),
    [
        ("pm_card_visa_chargeDeclined", ["charge.failed", "payment_intent.payment_failed"]),
        ("pm_card_authenticationRequired", ["payment_intent.requires_action"]),
    ],
)
def test_attempt_tells_how_it_ended(client: stripe.StripeClient, wire: Wire, card: str, steps: list[str]) -> None:
    wire("POST", "/v1/payment_intents", {
        "amount": 100, "currency": "usd", "confirm": "true", "payment_method": card,
        "allowed_payment_method_types[]": "card",
    })  # fmt: skip

    assert told(client) == ["payment_intent.created", *steps]


def test_customer_and_method_tell_their_steps(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    saved = client.v1.payment_methods.list({"customer": customer.id}).data[0]
    client.v1.customers.update(customer.id, {"name": "Ada"})
    client.v1.payment_methods.detach(saved.id)
    client.v1.customers.delete(customer.id)

    assert told(client) == [
        "customer.created", "payment_method.attached", "customer.updated", "payment_method.detached",
        "customer.deleted",
    ]  # fmt: skip
    updated = client.v1.events.list({"type": "customer.updated"}).data[0]
    assert updated.to_dict()["data"]["previous_attributes"] == {"name": None}


def test_token_tells_its_use(client: stripe.StripeClient, wire: Wire) -> None:
    limits = {
        "payment_method": "pm_card_visa",
        "usage_limits[currency]": "usd",
        "usage_limits[max_amount]": "100",
    }
    token = wire("POST", "/v1/test_helpers/shared_payment/granted_tokens", limits, {"Stripe-Version": PREVIEW})
    pays: dict[str, Any] = {
        "amount": 100, "currency": "usd", "confirm": "true", "allowed_payment_method_types[]": "card",
        "payment_method_data[shared_payment_granted_token]": token.json["id"],
    }  # fmt: skip
    assert wire("POST", "/v1/payment_intents", pays, {"Stripe-Version": PREVIEW}).status == 200

    names = [name for name in told(client) if name.startswith("shared_payment")]
    assert names == ["shared_payment.granted_token.used", "shared_payment.granted_token.deactivated"]


def test_event_is_a_snapshot(client: stripe.StripeClient) -> None:
    before = int(time.time())
    intent = client.v1.payment_intents.create(hold(), {"idempotency_key": "order-17"})
    client.v1.payment_intents.capture(intent.id)

    event = client.v1.events.list({"type": "payment_intent.amount_capturable_updated"}).data[0]
    shown = client.v1.events.retrieve(event.id).to_dict()

    assert shown["data"]["object"]["status"] == "requires_capture"
    assert shown["data"]["object"]["id"] == intent.id
    assert (shown["object"], shown["livemode"], shown["pending_webhooks"]) == ("event", False, 0)
    assert shown["request"]["idempotency_key"] == "order-17"
    assert shown["request"]["id"].startswith("req_")
    assert before <= shown["created"] <= time.time()


def test_refused_request_tells_nothing(client: stripe.StripeClient, wire: Wire) -> None:
    intent = client.v1.payment_intents.create(hold())
    before = told(client)

    wire("POST", f"/v1/payment_intents/{intent.id}/capture", {"amount_to_capture": 9999})
    wire("POST", f"/v1/payment_intents/{intent.id}/capture", {"expand[]": "nonsense"})

    assert told(client) == before


def test_events_are_found_by_type(client: stripe.StripeClient) -> None:
    client.v1.payment_intents.create(payment())

    assert [event.type for event in client.v1.events.list({"type": "charge.*"}).data] == ["charge.succeeded"]
    chosen = client.v1.events.list({"types": ["charge.succeeded", "payment_intent.created"]}).data
    assert [event.type for event in chosen] == ["charge.succeeded", "payment_intent.created"]
    assert client.v1.events.list({"delivery_success": False}).data == []
    assert len(client.v1.events.list({"delivery_success": True}).data) == 3
