"""The clock of an account: real time, and as far ahead of it as a test has moved it.

Every account has its own, so that a week can pass for one and for nobody else. It never goes back, and how
far it is ahead is kept in the store with the objects whose times it gave. A clock that was stopped goes on only
when it is moved.
"""

import sqlite3


def ahead(connection: sqlite3.Connection, account_id: str) -> int:
    """Return how many seconds an account's clock is ahead of real time."""
    row = connection.execute("SELECT ahead FROM clocks WHERE account = ?", (account_id,)).fetchone()
    return 0 if row is None else int(row[0])


def stopped_at(connection: sqlite3.Connection, account_id: str) -> int | None:
    """Return the real time at which an account's clock was stopped, None for one that goes."""
    row = connection.execute("SELECT at FROM stopped_clocks WHERE account = ?", (account_id,)).fetchone()
    return None if row is None else int(row[0])


def now(connection: sqlite3.Connection, account_id: str, real_now: int) -> int:
    """Return the time on an account's clock."""
    stopped = stopped_at(connection, account_id)
    return (real_now if stopped is None else stopped) + ahead(connection, account_id)


def stop(connection: sqlite3.Connection, account_id: str, real_now: int) -> None:
    """Let no more time pass by itself; one that is stopped stays as it is."""
    connection.execute("INSERT OR IGNORE INTO stopped_clocks (account, at) VALUES (?, ?)", (account_id, real_now))


def move_ahead(connection: sqlite3.Connection, account_id: str, seconds: int) -> None:
    """Move an account's clock forward."""
    connection.execute(
        "INSERT INTO clocks (account, ahead) VALUES (?, ?)"
        " ON CONFLICT (account) DO UPDATE SET ahead = ahead + excluded.ahead",
        (account_id, seconds),
    )
