"""The clock of an account: real time, and as far ahead of it as a test has moved it.

Every account has its own, so that a week can pass for one and for nobody else. It never goes back, and how
far it is ahead is kept in the store with the objects whose times it gave.
"""

import sqlite3


def ahead(connection: sqlite3.Connection, account_id: str) -> int:
    """Return how many seconds an account's clock is ahead of real time."""
    row = connection.execute("SELECT ahead FROM clocks WHERE account = ?", (account_id,)).fetchone()
    return 0 if row is None else int(row[0])


def move_ahead(connection: sqlite3.Connection, account_id: str, seconds: int) -> None:
    """Move an account's clock forward."""
    connection.execute(
        "INSERT INTO clocks (account, ahead) VALUES (?, ?)"
        " ON CONFLICT (account) DO UPDATE SET ahead = ahead + excluded.ahead",
        (account_id, seconds),
    )
