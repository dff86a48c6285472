"""The sandbox's SQLite file: objects as JSON documents, the ledger, idempotency keys, clocks and deliveries."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY,
    key_hint TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    object TEXT NOT NULL,
    created INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    customer TEXT,
    payment_intent TEXT,
    charge TEXT,
    type TEXT,
    email TEXT,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (account, object, sequence);

CREATE TABLE IF NOT EXISTS ledger (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    entry TEXT NOT NULL CHECK (entry IN ('authorization', 'capture', 'void', 'refund')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    payment_intent TEXT,
    charge TEXT NOT NULL,
    refund TEXT,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ledger_by_account ON ledger (account, sequence);
CREATE INDEX IF NOT EXISTS ledger_by_charge ON ledger (charge);
CREATE TRIGGER IF NOT EXISTS ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS ledger_is_never_shortened BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS ledger_holds_are_never_exceeded BEFORE INSERT ON ledger
WHEN NEW.entry IN ('capture', 'void') AND NEW.amount > (
    SELECT COALESCE(SUM(CASE entry WHEN 'authorization' THEN amount WHEN 'refund' THEN 0 ELSE -amount END), 0)
    FROM ledger WHERE charge = NEW.charge
)
BEGIN SELECT RAISE(ABORT, 'captured and voided more than was authorized'); END;
CREATE TRIGGER IF NOT EXISTS ledger_refunds_are_never_exceeded BEFORE INSERT ON ledger
WHEN NEW.entry = 'refund' AND NEW.amount > (
    SELECT COALESCE(SUM(CASE entry WHEN 'capture' THEN amount WHEN 'refund' THEN -amount ELSE 0 END), 0)
    FROM ledger WHERE charge = NEW.charge
)
BEGIN SELECT RAISE(ABORT, 'refunded more than was captured'); END;

CREATE TABLE IF NOT EXISTS idempotency_keys (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    request_id TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS clocks (
    account TEXT PRIMARY KEY,
    ahead INTEGER NOT NULL CHECK (ahead >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS timers (
    object TEXT NOT NULL,
    step TEXT NOT NULL,
    account TEXT NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (object, step)
) STRICT;
CREATE INDEX IF NOT EXISTS timers_by_account ON timers (account, due);

CREATE TABLE IF NOT EXISTS deliveries (
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at REAL,
    delivered_at REAL,
    PRIMARY KEY (event, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
"""


class Store:
    """Connections and transactions, one connection a thread.

    Writers take turns at a lock of this process instead of polling SQLite's, so that twenty waiting
    requests are served in turn and none sleeps. With `synchronous=FULL` a committed charge outlives the
    process and the machine.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        self._write_turn = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection().executescript(SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that sees one state of the file."""
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the only write transaction; it is on disk once this block is left without an exception."""
        connection = self._connection()
        with self._write_turn:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=10, cached_statements=256)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._threads.connection = connection
        return connection
