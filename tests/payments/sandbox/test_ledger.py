import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import stripe

from tests.payments.sandbox.conftest import Ledger
from tests.payments.sandbox.running import RunningSandbox
from tests.payments.sandbox.samples import hold
from tests.waiting import HANG_GUARD

ROW = "INSERT INTO ledger (account, entry, amount, currency, charge, created) VALUES ('acct_1', ?, ?, 'usd', ?, 1)"


@pytest.fixture
def store(sandbox: RunningSandbox) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(sandbox.data, timeout=HANG_GUARD, isolation_level=None)) as connection:
        yield connection


@pytest.mark.parametrize("statement", ["UPDATE ledger SET amount = 1", "DELETE FROM ledger"])
def test_rows_are_never_changed(
    store: sqlite3.Connection, client: stripe.StripeClient, ledger: Ledger, statement: str
) -> None:
    client.v1.payment_intents.create(hold())

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        store.execute(statement)

    assert ledger() == [("authorization", 4900)]


@pytest.mark.parametrize(
    ("entry", "amount", "message"),
    [
        ("capture", 4901, "more than was authorized"),
        ("void", 4901, "more than was authorized"),
        ("refund", 1, "more than was captured"),
        ("dispute", 1, "more than was captured"),
        ("refund_failure", 1, "more than was refunded"),
        ("dispute_reversal", 1, "more than was refunded"),
        ("chargeback", 1, "CHECK constraint failed"),
        ("capture", 0, "CHECK constraint failed"),
    ],
)
def test_rows_always_add_up(
    store: sqlite3.Connection,
    client: stripe.StripeClient,
    ledger: Ledger,
    entry: str,
    amount: int,
    message: str,
) -> None:
    intent = client.v1.payment_intents.create(hold())

    with pytest.raises(sqlite3.IntegrityError, match=message):
        store.execute(ROW, (entry, amount, intent.latest_charge))

    assert ledger() == [("authorization", 4900)]


def test_file_is_durable(store: sqlite3.Connection) -> None:
    assert store.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
