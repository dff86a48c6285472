"""The sandbox's SQLite file: its connections and transactions."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commerce.payments.sandbox.schema import SCHEMA, rebuild_older_ledger

BUSY_SECONDS = 60
"""How long a transaction waits for another program that writes into the file."""


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
        rebuild_older_ledger(self._connection())
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
            connection = sqlite3.connect(
                self._path, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=256
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._threads.connection = connection
        return connection
