"""The database backend that `ENGINE` names; Django asks for a module of this name."""

from __future__ import annotations

import select
from datetime import datetime
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from commerce import clock


class DatabaseWrapper(base.DatabaseWrapper):
    """Hands out no connection that the server has ended, without a question ahead of each request.

    `CONN_HEALTH_CHECKS` sends such a question. A server that ends a connection tells so, though: an idle
    connection with something to read is asked, any other is as good as it was.
    """

    def connect(self) -> None:
        super().connect()
        with self.wrap_database_errors:
            clock.compare(self._time)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and _has_something_to_read(connection) and not _answers(connection):
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection

    def _time(self) -> datetime:
        moment: datetime = self.connection.execute("SELECT clock_timestamp()").fetchone()[0]
        return moment


def _has_something_to_read(connection: psycopg.Connection[Any]) -> bool:
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    return bool(watch.poll(0))


def _answers(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True
