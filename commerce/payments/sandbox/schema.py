"""The tables: objects as JSON documents, the ledger, idempotency keys, clocks, timers and deliveries."""

import sqlite3

LEDGER = """
CREATE TABLE IF NOT EXISTS ledger (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    entry TEXT NOT NULL CHECK (entry IN (
        'authorization', 'capture', 'void', 'refund', 'refund_failure', 'dispute', 'dispute_reversal')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    payment_intent TEXT,
    charge TEXT NOT NULL,
    refund TEXT,
    dispute TEXT,
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
    SELECT COALESCE(SUM(CASE entry
        WHEN 'authorization' THEN amount WHEN 'capture' THEN -amount WHEN 'void' THEN -amount ELSE 0 END), 0)
    FROM ledger WHERE charge = NEW.charge
)
BEGIN SELECT RAISE(ABORT, 'captured and voided more than was authorized'); END;
CREATE TRIGGER IF NOT EXISTS ledger_captures_are_never_exceeded BEFORE INSERT ON ledger
WHEN NEW.entry IN ('refund', 'dispute') AND NEW.amount > (
    SELECT COALESCE(SUM(CASE
        WHEN entry IN ('capture', 'refund_failure', 'dispute_reversal') THEN amount
        WHEN entry IN ('refund', 'dispute') THEN -amount ELSE 0 END), 0)
    FROM ledger WHERE charge = NEW.charge
)
BEGIN SELECT RAISE(ABORT, 'refunded or withdrew more than was captured'); END;
CREATE TRIGGER IF NOT EXISTS ledger_returns_are_never_exceeded BEFORE INSERT ON ledger
WHEN NEW.entry IN ('refund_failure', 'dispute_reversal') AND NEW.amount > (
    SELECT COALESCE(SUM(CASE entry
        WHEN 'refund' THEN amount WHEN 'refund_failure' THEN -amount
        WHEN 'dispute' THEN amount WHEN 'dispute_reversal' THEN -amount ELSE 0 END), 0)
    FROM ledger WHERE charge = NEW.charge AND refund IS NEW.refund AND dispute IS NEW.dispute
)
BEGIN SELECT RAISE(ABORT, 'returned more than was refunded or withdrawn'); END;
"""

SCHEMA = (
    LEDGER
    + """
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

CREATE TABLE IF NOT EXISTS stopped_clocks (
    account TEXT PRIMARY KEY,
    at INTEGER NOT NULL
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
)

# The ledger of earlier versions knew neither failed refunds nor disputes. Its triggers and indexes go with it.
REBUILD = f"""
BEGIN IMMEDIATE;
DROP TRIGGER ledger_is_never_changed;
DROP TRIGGER ledger_is_never_shortened;
DROP TRIGGER ledger_holds_are_never_exceeded;
DROP TRIGGER ledger_refunds_are_never_exceeded;
DROP INDEX ledger_by_account;
DROP INDEX ledger_by_charge;
ALTER TABLE ledger RENAME TO older_ledger;
{LEDGER}
INSERT INTO ledger (sequence, account, entry, amount, currency, payment_intent, charge, refund, created)
SELECT sequence, account, entry, amount, currency, payment_intent, charge, refund, created
FROM older_ledger ORDER BY sequence;
DROP TABLE older_ledger;
COMMIT;
"""


def rebuild_older_ledger(connection: sqlite3.Connection) -> None:
    """Take the rows of a ledger that an earlier version made into one of today's, all of them or none."""
    row = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'ledger'").fetchone()
    if row is not None and "refund_failure" not in row[0]:
        connection.executescript(REBUILD)
