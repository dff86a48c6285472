import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest
import stripe

from tests.payments.sandbox.conftest import PINNED, Wire, connect
from tests.payments.sandbox.receiver import Receiver, receiving
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold, payment
from tests.waiting import HANG_GUARD, wait_until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


def wait_until_told(client: stripe.StripeClient, event_id: str) -> None:
    wait_until(lambda: client.v1.events.retrieve(event_id).pending_webhooks == 0, "the event's delivery")


def test_event_arrives_signed(client: stripe.StripeClient, receiver: Receiver) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]}
    )
    intent = client.v1.payment_intents.create(payment())

    (body, signature), *others = receiver.wait_for(1)

    event = stripe.Webhook.construct_event(body, signature, str(endpoint.secret))
    assert others == []
    assert event.type == "payment_intent.succeeded"
    assert event.to_dict()["data"]["object"]["id"] == intent.id
    assert event.to_dict()["data"]["object"]["status"] == "succeeded"
    assert (event.pending_webhooks, event.livemode, event.api_version) == (1, False, "2026-07-29.dahlia")
    wait_until_told(client, event.id)
    assert b"_test_card" not in body


def test_signature_does_not_fit_another_secret(client: stripe.StripeClient, receiver: Receiver) -> None:
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    client.v1.customers.create({})
    (body, signature), *_ = receiver.wait_for(1)

    for forged, secret in ((body, "whsec_other"), (body + b" ", str(endpoint.secret))):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(forged, signature, secret)


def test_endpoint_may_want_everything(client: stripe.StripeClient, receiver: Receiver) -> None:
    client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"], "api_version": PINNED})  # type: ignore[typeddict-item]
    client.v1.payment_intents.create(hold())

    arrived = [orjson.loads(body) for body, _signature in receiver.wait_for(3)]

    assert sorted(event["type"] for event in arrived) == [
        "charge.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.created",
    ]  # fmt: skip
    assert {event["api_version"] for event in arrived} == {PINNED}


def test_refused_event_is_sent_again(client: stripe.StripeClient, receiver: Receiver) -> None:
    receiver.answers = [500, 302]
    client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    client.v1.customers.create({})

    arrived = receiver.wait_for(3)

    event_ids = {orjson.loads(body)["id"] for body, _signature in arrived}
    assert len(event_ids) == 1
    wait_until_told(client, event_ids.pop())
    assert len(receiver.arrived) == 3


def test_unreachable_endpoint_stops_no_other(client: stripe.StripeClient, receiver: Receiver) -> None:
    with receiving(is_listening=False) as closed:
        for url in (closed.url, "http://127.0.0.1:1/ü", receiver.url):
            client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"]})

        for _ in range(10):
            client.v1.customers.create({})

        receiver.wait_for(10)


def test_unwanted_event_is_given_up(
    client: stripe.StripeClient, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    receiver.answers = [500] * 10
    client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    client.v1.customers.create({})
    event = client.v1.events.list().data[0].id

    wait_until(lambda: not will_be_tried(sandbox, event), "the end of the attempts")

    assert len(receiver.arrived) == 4
    assert client.v1.events.list().data[0].pending_webhooks == 1
    assert client.v1.events.list({"delivery_success": False}).data[0].type == "customer.created"


def will_be_tried(sandbox: RunningSandbox, event: str) -> bool:
    """Tell whether another attempt to deliver an event is to come."""
    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD)) as store:
        (next_attempt_at,) = store.execute(
            "SELECT next_attempt_at FROM deliveries WHERE event = ?", (event,)
        ).fetchone()
    return next_attempt_at is not None


@pytest.mark.parametrize("change", [{"disabled": True}, {"enabled_events": ["charge.failed"]}])
def test_endpoint_is_told_only_what_it_wants(
    client: stripe.StripeClient, receiver: Receiver, change: dict[str, object]
) -> None:
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    client.v1.webhook_endpoints.update(endpoint.id, change)  # type: ignore[arg-type]

    client.v1.customers.create({})

    assert client.v1.events.list().data[0].pending_webhooks == 0
    client.v1.webhook_endpoints.update(endpoint.id, {"disabled": False, "enabled_events": ["customer.created"]})
    wanted = client.v1.customers.create({})
    ((body, _signature),) = receiver.wait_for(1)
    assert orjson.loads(body)["data"]["object"]["id"] == wanted.id


def test_removed_endpoint_is_told_nothing(client: stripe.StripeClient, receiver: Receiver) -> None:
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})

    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted is True
    client.v1.customers.create({})

    assert client.v1.webhook_endpoints.list().data == []
    assert client.v1.events.list().data[0].pending_webhooks == 0
    assert receiver.arrived == []


def test_secret_is_shown_once(client: stripe.StripeClient, receiver: Receiver) -> None:
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})

    assert str(endpoint.secret).startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict()
    assert "secret" not in client.v1.webhook_endpoints.update(endpoint.id, {"description": "x"}).to_dict()
    assert "secret" not in client.v1.webhook_endpoints.list().data[0].to_dict()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "http://10.0.0.1/hook",
        "http://127.0.0.1.example.com/",
        "ftp://127.0.0.1/",
        "hook",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0:80/",
        "http://127.0.0.1:99999/",
        "http://[::1",
    ],
)
def test_endpoints_elsewhere_are_refused(wire: Wire, url: str) -> None:
    answer = wire("POST", "/v1/webhook_endpoints", {"url": url, "enabled_events[]": "*"})

    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "url_invalid", "url")
    assert wire("GET", "/v1/webhook_endpoints").json["data"] == []


def test_unknown_events_are_refused(wire: Wire) -> None:
    params = {"url": "http://127.0.0.1/", "enabled_events[]": "payment_intent.teleported"}

    assert wire("POST", "/v1/webhook_endpoints", params).status == 400
    params["enabled_events[]"] = "shared_payment.granted_token.used"
    assert wire("POST", "/v1/webhook_endpoints", params).status == 200


def test_undelivered_events_outlive_the_process(tmp_path: Path, key: str) -> None:
    with receiving(is_listening=False) as receiver:
        first = RunningSandbox(tmp_path / "s.sqlite3", "--webhook-retry-delays", ",".join(["0.1"] * 10_000))
        client = connect(first.base_url, key)
        client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]})
        intent = client.v1.payment_intents.create(payment())
        first.kill()

        receiver.listen()
        second = RunningSandbox(tmp_path / "s.sqlite3")
        (body, _signature), *_ = receiver.wait_for(1)
        assert second.stop() == 0

    assert orjson.loads(body)["data"]["object"]["id"] == intent.id
