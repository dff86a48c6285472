"""What is going to happen to an object by itself, and when: rows that wait for an account's clock."""

import sqlite3
from dataclasses import dataclass

from commerce.payments.sandbox.account import Account

DUE = """
SELECT DISTINCT timers.account FROM timers LEFT JOIN clocks ON clocks.account = timers.account
LEFT JOIN stopped_clocks ON stopped_clocks.account = timers.account
WHERE due <= COALESCE(at, ?) + COALESCE(ahead, 0)
"""


@dataclass(frozen=True, slots=True)
class Timer:
    """One step that an object takes at `due`, in unix seconds."""

    step: str
    object_id: str
    due: int


def schedule(account: Account, step: str, object_id: str, *, due: int) -> None:
    """Let an object take a step later, in the transaction that makes it wait."""
    account.connection.execute(
        "INSERT OR REPLACE INTO timers (object, step, account, due) VALUES (?, ?, ?, ?)",
        (object_id, step, account.id, due),
    )


def drop(account: Account, object_id: str) -> None:
    """Forget every step an object was waiting for."""
    account.connection.execute("DELETE FROM timers WHERE object = ?", (object_id,))


def take(account: Account, until: int) -> Timer | None:
    """Remove and return the account's earliest step that is due, if there is one."""
    found = waiting(account.connection, account.id, until=until, limit=1)
    if not found:
        return None
    account.connection.execute(
        "DELETE FROM timers WHERE object = ? AND step = ?", (found[0].object_id, found[0].step)
    )
    return found[0]


def waiting(
    connection: sqlite3.Connection, account_id: str, *, until: int = 2**62, limit: int = 100
) -> list[Timer]:
    """Return what an account's objects wait for, the earliest first."""
    rows = connection.execute(
        "SELECT step, object, due FROM timers WHERE account = ? AND due <= ? ORDER BY due, rowid LIMIT ?",
        (account_id, until, limit),
    )
    return [Timer(*row) for row in rows]


def accounts_due(connection: sqlite3.Connection, real_now: int) -> list[str]:
    """Return the accounts on whose clocks something is due."""
    return [row[0] for row in connection.execute(DUE, (real_now,))]
