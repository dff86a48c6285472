import os
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import stripe

from tests.payments.sandbox.conftest import advance, connect, entries
from tests.payments.sandbox.running import RunningSandbox, children
from tests.payments.sandbox.samples import payment
from tests.waiting import HANG_GUARD, wait_until

# What the ledger was before it knew failed refunds and disputes, with the rows of today's.
EARLIER_LEDGER = """
DROP TRIGGER ledger_is_never_shortened;
ALTER TABLE ledger RENAME TO todays;
CREATE TABLE ledger (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    entry TEXT NOT NULL CHECK (entry IN ('authorization', 'capture', 'void', 'refund')),
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    payment_intent TEXT,
    charge TEXT NOT NULL,
    refund TEXT,
    created INTEGER NOT NULL
) STRICT;
INSERT INTO ledger SELECT sequence, account, entry, amount, currency, payment_intent, charge, refund, created
FROM todays;
DROP TABLE todays;
CREATE INDEX ledger_by_account ON ledger (account, sequence);
CREATE INDEX ledger_by_charge ON ledger (charge);
CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_is_never_shortened BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_holds_are_never_exceeded BEFORE INSERT ON ledger WHEN NEW.amount < 0
BEGIN SELECT RAISE(ABORT, 'captured and voided more than was authorized'); END;
CREATE TRIGGER ledger_refunds_are_never_exceeded BEFORE INSERT ON ledger WHEN NEW.amount < 0
BEGIN SELECT RAISE(ABORT, 'refunded more than was captured'); END;
"""


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

    assert running.process.wait(HANG_GUARD) != 0
    again = RunningSandbox(tmp_path / "s.sqlite3", port=running.port)
    assert connect(again.base_url, key).v1.payment_intents.retrieve(paid.id).id == paid.id
    again.stop()


@pytest.mark.parametrize("count", [1, 20])
def test_every_answered_charge_is_in_the_ledger(tmp_path: Path, key: str, count: int) -> None:
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
    wait_until(lambda: len(answered) >= count, f"{count} charges")
    running.kill()
    for payer in payers:
        payer.join(HANG_GUARD)
        assert not payer.is_alive()

    again = RunningSandbox(tmp_path / "s.sqlite3", port=running.port)
    client = connect(again.base_url, key)
    kept = [charge.id for charge in client.v1.charges.list({"limit": 100}).auto_paging_iter()]
    assert len(answered) >= count
    assert set(answered) <= set(kept)
    assert len(kept) <= len(answered) + len(payers)
    assert entries(again.base_url, key) == [("authorization", 4900), ("capture", 4900)] * len(kept)
    again.stop()


def test_ledger_of_an_earlier_version_is_kept(tmp_path: Path, key: str) -> None:
    first = RunningSandbox(tmp_path / "s.sqlite3")
    paid = connect(first.base_url, key).v1.payment_intents.create(payment(payment_method="pm_card_refundFail"))
    first.stop()
    with closing(sqlite3.connect(first.data)) as store:
        store.executescript(EARLIER_LEDGER)

    again = RunningSandbox(tmp_path / "s.sqlite3", port=first.port)
    connect(again.base_url, key).v1.refunds.create({"payment_intent": paid.id})
    advance(again.base_url, key, 600)

    assert entries(again.base_url, key) == [
        ("authorization", 4900), ("capture", 4900), ("refund", 4900), ("refund_failure", 4900),
    ]  # fmt: skip
    again.stop()
