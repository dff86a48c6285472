import os
import signal
import threading
from pathlib import Path

import pytest
import stripe

from tests.payments.sandbox.conftest import connect, entries
from tests.payments.sandbox.running import RunningSandbox, children
from tests.payments.sandbox.samples import payment


def test_charge_outlives_a_killed_process(tmp_path: Path, key: str) -> None:
    first = RunningSandbox(tmp_path / "s.sqlite3")
    paid = connect(first.base_url, key).v1.payment_intents.create(payment(), {"idempotency_key": "k"})
    first.kill()

    second = RunningSandbox(tmp_path / "s.sqlite3", port=first.port)
    client = connect(second.base_url, key)

    assert client.v1.payment_intents.retrieve(paid.id).status == "succeeded"
    assert client.v1.payment_intents.create(payment(), {"idempotency_key": "k"}).id == paid.id
    assert entries(second.base_url, key) == [("authorization", 4900), ("capture", 4900)]
    assert second.stop() == 0


def test_killed_worker_ends_the_server(tmp_path: Path, key: str) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3")
    paid = connect(running.base_url, key).v1.payment_intents.create(payment())
    (worker,) = children(running.process.pid)

    os.kill(worker, signal.SIGKILL)

    assert running.process.wait(10) != 0
    again = RunningSandbox(tmp_path / "s.sqlite3", port=running.port)
    assert connect(again.base_url, key).v1.payment_intents.retrieve(paid.id).id == paid.id
    again.stop()


@pytest.mark.parametrize("after", [0.15, 0.3])
def test_every_answered_charge_is_in_the_ledger(tmp_path: Path, key: str, after: float) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3")
    answered: list[str] = []

    def pay_until_it_dies() -> None:
        client = connect(running.base_url, key)
        try:
            while True:
                answered.append(str(client.v1.payment_intents.create(payment()).latest_charge))
        except stripe.APIConnectionError:
            return

    payers = [threading.Thread(target=pay_until_it_dies) for _ in range(4)]
    for payer in payers:
        payer.start()
    threading.Event().wait(after)
    running.kill()
    for payer in payers:
        payer.join()

    again = RunningSandbox(tmp_path / "s.sqlite3", port=running.port)
    client = connect(again.base_url, key)
    kept = [charge.id for charge in client.v1.charges.list({"limit": 100}).auto_paging_iter()]
    assert len(answered) > 0
    assert set(answered) <= set(kept)
    assert len(kept) <= len(answered) + len(payers)
    assert entries(again.base_url, key) == [("authorization", 4900), ("capture", 4900)] * len(kept)
    again.stop()
