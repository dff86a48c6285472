"""What it means when the database did not do something: whether it is away, and whether to ask again at once."""

from __future__ import annotations

import psycopg
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection
from psycopg import errors
from psycopg_pool import PoolTimeout

_UNDONE = (errors.DeadlockDetected, errors.SerializationFailure)
_ENDED = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
)
_AWAY = (errors.ReadOnlySqlTransaction, errors.IdleInTransactionSessionTimeout)


def is_outage(problem: BaseException | None) -> bool:
    """Say whether the database is away, overloaded or about to change: the same call succeeds later."""
    if isinstance(problem, InternalError):
        return isinstance(problem.__cause__, _AWAY)
    return isinstance(problem, (OperationalError, InterfaceError, PoolTimeout))


def is_undone(problem: DatabaseError) -> bool:
    """Say whether the server has rolled back so that others could go on; the same may be done again at once."""
    return isinstance(problem.__cause__, _UNDONE)


def is_cut_off(problem: DatabaseError | InterfaceError) -> bool:
    """Say whether the connection ended under a statement: nobody knows whether that was committed."""
    cause = problem.__cause__
    if isinstance(cause, PoolTimeout):
        return False
    is_ended = isinstance(cause, _ENDED) or (isinstance(cause, psycopg.Error) and cause.sqlstate is None)
    return is_ended and isinstance(problem, (OperationalError, InterfaceError, InternalError))


def give_back_connection() -> None:
    """Let others have this thread's connection for as long as nothing is asked of the database.

    The next query gets one from the pool that works, even where the server was started anew meanwhile. Does
    nothing inside a transaction.
    """
    if not connection.in_atomic_block:
        connection.close()


def replace_broken_connection() -> None:
    """Part from this thread's connection if something failed on it and it no longer answers.

    Does nothing inside a transaction: what belongs to it is lost with it.
    """
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
