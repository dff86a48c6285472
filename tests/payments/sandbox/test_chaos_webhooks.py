import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import orjson
import pytest
import stripe

from tests.payments.sandbox.asking_for_chaos import Ask, counts, send
from tests.payments.sandbox.conftest import connect
from tests.payments.sandbox.receiver import Receiver, receiving
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import payment
from tests.waiting import HANG_GUARD, wait_until

DAY = 24 * 60 * 60


@pytest.fixture
def receiver(client: stripe.StripeClient) -> Iterator[Receiver]:
    """Is told of new customers and of payments."""
    with receiving() as listening:
        wanted = ["customer.created", "payment_intent.created", "payment_intent.succeeded"]
        client.v1.webhook_endpoints.create({"url": listening.url, "enabled_events": wanted})  # type: ignore[typeddict-item]
        yield listening


def names(receiver: Receiver) -> list[str]:
    """Return the names of the customers whose creation was told, in the order in which it was told."""
    return [orjson.loads(body)["data"]["object"].get("name", "") for body, _signature in list(receiver.arrived)]


def create(client: stripe.StripeClient, count: int) -> list[str]:
    """Create customers and return their names."""
    created = [client.v1.customers.create({"name": f"n{number}"}) for number in range(count)]
    return [str(customer.name) for customer in created]


def test_dropped_event_never_arrives(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    rules("POST", call="customer.*", fault="webhook_drop", times=1)

    create(client, 3)
    receiver.wait_for(2)

    assert sorted(names(receiver)) == ["n1", "n2"]
    assert counts(rules) == [("webhook_drop", 3, 1)]
    dropped = client.v1.events.list({"type": "customer.created"}).data[-1]
    assert dropped.data.object["name"] == "n0"
    assert dropped.pending_webhooks == 1


def test_event_arrives_twice(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    rules("POST", call="customer.created", fault="webhook_duplicate")

    create(client, 1)
    (first, _), (second, _) = receiver.wait_for(2)

    assert orjson.loads(first)["id"] == orjson.loads(second)["id"]
    rules("DELETE")
    client.v1.customers.create({"name": "after"})
    receiver.wait_for(3)
    assert names(receiver) == ["n0", "n0", "after"]


def test_held_events_wait_to_be_released(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    held = rules("POST", call="customer.*", fault="webhook_hold")["added"]
    create(client, 2)
    client.v1.payment_intents.create(payment())
    receiver.wait_for(2)
    assert [orjson.loads(body)["type"][:14] for body, _ in receiver.arrived] == ["payment_intent"] * 2
    assert rules()["rules"][0]["held"] == 2

    rules("POST", release=held)
    receiver.wait_for(4)

    assert sorted(names(receiver)[2:]) == ["n0", "n1"]
    assert counts(rules) == [("webhook_hold", 2, 2)]
    wait_until(lambda: rules()["rules"][0]["held"] == 0, "the release")


def test_removed_rule_lets_go(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    rules("POST", call="*", fault="webhook_hold", seconds=3600, times=2)
    create(client, 3)
    receiver.wait_for(1)
    assert names(receiver) == ["n2"]

    rules("DELETE")

    receiver.wait_for(3)
    assert sorted(names(receiver)) == ["n0", "n1", "n2"]


def test_held_event_comes_late(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    rules("POST", call="customer.created", fault="webhook_hold", seconds=0.4, times=1)
    begun = time.monotonic()

    create(client, 2)
    receiver.wait_for(2)

    assert time.monotonic() - begun >= 0.4
    assert sorted(names(receiver)) == ["n0", "n1"]


def test_events_are_shuffled(
    rules: Ask, client: stripe.StripeClient, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    begun = time.time()
    rules("POST", call="customer.created", fault="webhook_shuffle", seconds=7 * DAY, seed=3)
    created = create(client, 12)
    wait_until(lambda: counts(rules) == [("webhook_shuffle", 12, 12)], "12 events")

    due = {name: at for name, at in due_times(sandbox, client) if name in created}
    assert len(due) == 12
    assert sorted(created, key=due.__getitem__) != created
    assert all(begun <= at <= time.time() + 7 * DAY for at in due.values())
    assert receiver.arrived == []
    rules("DELETE")
    receiver.wait_for(12)
    assert sorted(names(receiver)) == sorted(created)


def test_shuffled_event_comes_by_itself(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    rules("POST", call="customer.created", fault="webhook_shuffle", seconds=0.5, seed=3)

    create(client, 2)
    receiver.wait_for(2)

    assert sorted(names(receiver)) == ["n0", "n1"]
    assert counts(rules) == [("webhook_shuffle", 2, 2)]


def due_times(sandbox: RunningSandbox, client: stripe.StripeClient) -> list[tuple[str, float]]:
    """Return the names of the customers whose creation is still to be told, and when it will be."""
    events = {event.id: event.data.object["name"] for event in client.v1.events.list({"limit": 100}).data}
    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD)) as store:
        rows = store.execute("SELECT event, next_attempt_at FROM deliveries WHERE next_attempt_at > 0").fetchall()
    return [(events[event], at) for event, at in rows if event in events]


def test_same_seed_drops_the_same_events(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    arrived = []
    for _ in range(2):
        begun = len(receiver.arrived)
        rules("POST", call="customer.*", fault="webhook_drop", probability=0.5, seed=11)
        create(client, 20)
        wait_until(lambda: rules()["rules"][0]["matched"] == 20, "20 events")
        receiver.wait_for(begun + 20 - rules()["rules"][0]["hits"])
        arrived.append(sorted(names(receiver)[begun:]))
        rules("DELETE")

    assert arrived[0] == arrived[1]
    assert 3 < len(arrived[0]) < 17


def test_event_comes_before_the_answer(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    rules("POST", call="payment_intent.*", fault="webhook_early", seconds=3600)

    for number in range(5):
        client.v1.payment_intents.create(payment())
        assert len(receiver.arrived) == 2 * (number + 1)

    assert counts(rules) == [("webhook_early", 10, 10)]


def test_answer_waits_for_no_held_event(rules: Ask, client: stripe.StripeClient, receiver: Receiver) -> None:
    rules("POST", call="customer.*", fault="webhook_hold")
    rules("POST", call="customer.*", fault="webhook_early", seconds=3600)

    create(client, 1)

    assert receiver.arrived == []
    assert counts(rules) == [("webhook_hold", 1, 1), ("webhook_early", 1, 1)]


def test_answer_waits_only_so_long(rules: Ask, key: str, sandbox: RunningSandbox) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(HANG_GUARD)
        client = connect(sandbox.base_url, key)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"]})
        rules("POST", call="customer.created", fault="webhook_early", seconds=0.3)
        begun = time.monotonic()

        create(client, 1)

        assert time.monotonic() - begun >= 0.3
        with silent.accept()[0]:  # which is still to be answered
            assert client.v1.events.list().data[0].pending_webhooks == 1


def test_event_of_a_lost_answer_comes_all_the_same(
    rules: Ask, client: stripe.StripeClient, receiver: Receiver
) -> None:
    rules("POST", call="POST /v1/customers", fault="hang_after", seconds=3600)
    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(create, client, 1)
        receiver.wait_for(1)
        assert not hanging.done()
        rules("DELETE")

        with pytest.raises(stripe.APIError, match="504 Gateway Time-out"):
            hanging.result()
    assert names(receiver) == ["n0"]


def test_restart_ends_rules_and_holds(tmp_path: Path, key: str) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3")
    with receiving() as receiver:
        client = connect(running.base_url, key)
        client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
        send(running, "POST", {"key": key, "call": "*", "fault": "webhook_hold"})
        create(client, 1)
        wait_until(lambda: send(running, "GET", {"key": key}).json()["rules"][0]["held"] == 1, "the hold")
        assert receiver.arrived == []
        running.kill()

        again = RunningSandbox(running.data)

        receiver.wait_for(1)
        assert names(receiver) == ["n0"]
        assert send(again, "GET", {"key": key}).json()["rules"] == []
        assert again.stop() == 0
