"""Which connections to the database somebody holds, and which lie in the pool for the next."""

from __future__ import annotations

from typing import Any, cast

from django.db import connection


def connections_in_use() -> int:
    """Count the connections to the test's database that are in use, without the one that asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        there = int(cursor.fetchone()[0])
    return there - int(pool().get_stats()["pool_available"])


def pool() -> Any:
    """Return the connections that all threads of this process share."""
    return cast(Any, connection).pool
