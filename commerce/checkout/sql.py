"""The session's row read and written whole, one statement each.

The ORM's model of the same table is `CheckoutSession`; `tests/checkout/test_sql.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from commerce.checkout.document import Session, decode, encode
from commerce.checkout.states import Status
from commerce.fulfillment.records import OrderDetails
from commerce.fulfillment.selectors import order_details_column, order_details_from
from commerce.statements import Write

SESSION = "session"

_COLUMNS = (
    "id, merchant_id, agent_id, agent_key_id, status, currency, attempt_id, order_id, created_at, updated_at,"
    " expires_at, document, version"
)


def find_session(
    session_id: str, *, merchant_id: str, agent_id: str
) -> tuple[Session, OrderDetails | None] | None:
    """Read an agent's session with its order where it has one, None where there is no session of that id."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT_WITH_ORDER, [session_id])
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, order = row
    session = _owned(_session(columns), merchant_id, agent_id)
    return (session, order_details_from(order) if order else None) if session else None


def find_any_session(session_id: str) -> Session | None:
    """Read a session whoever it belongs to: for a page that shows it to whoever has its unguessable id."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT, [session_id])
        row = cursor.fetchone()
    return None if row is None else _session(row)


def take_session(session_id: str, *, merchant_id: str, agent_id: str) -> Session | None:
    """Read an agent's session to change it, without its order. `update_write` notices who else did."""
    session = find_any_session(session_id)
    return _owned(session, merchant_id, agent_id) if session else None


def lock_session(session_id: str, *, merchant_id: str, agent_id: str) -> Session | None:
    """Read an agent's session and hold its row until the transaction ends."""
    session = lock_any_session(session_id)
    return _owned(session, merchant_id, agent_id) if session else None


def lock_any_session(session_id: str) -> Session | None:
    """Read and hold a session whoever it belongs to: for what settles it, never for what a caller names."""
    if not connection.in_atomic_block:
        raise RuntimeError("a lock needs an open transaction")
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [session_id])
        row = cursor.fetchone()
    return None if row is None else _session(row)


# By the id alone: asked for the merchant too, the planner may walk through all of a merchant's sessions.
_SELECT = f"SELECT {_COLUMNS} FROM checkout_checkoutsession WHERE id = %s"
_LOCK = f"{_SELECT} FOR NO KEY UPDATE"
_SELECT_WITH_ORDER = f"""
    SELECT {_COLUMNS}, CASE WHEN order_id IS NOT NULL
        THEN {order_details_column("checkout_checkoutsession.order_id")} END
    FROM checkout_checkoutsession WHERE id = %s
"""


def _owned(session: Session, merchant_id: str, agent_id: str) -> Session | None:
    """Return a session to the agent it belongs to, None to everybody else."""
    return session if (session.merchant_id, session.agent_id) == (merchant_id, agent_id) else None


def _session(row: Sequence[Any]) -> Session:
    return Session(
        id=row[0],
        merchant_id=row[1],
        agent_id=row[2],
        agent_key_id=row[3],
        status=Status(row[4]),
        currency=row[5],
        attempt_id=row[6],
        order_id=row[7],
        created_at=row[8],
        updated_at=row[9],
        expires_at=row[10],
        document=decode(row[11]),
        version=row[12],
    )


def insert_write(session: Session) -> Write:
    """Return the write that creates a session's row."""
    return Write(
        SESSION,
        """
        INSERT INTO checkout_checkoutsession (id, merchant_id, agent_id, agent_key_id, status, currency,
            total_minor, attempt_id, order_id, document, created_at, updated_at, expires_at, version)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            session.id,
            session.merchant_id,
            session.agent_id,
            session.agent_key_id,
            session.status,
            session.currency,
            session.document.totals.total_minor,
            session.attempt_id,
            session.order_id,
            encode(session.document),
            session.created_at,
            session.updated_at,
            session.expires_at,
            session.version,
        ],
        expect=1,
    )


def update_write(session: Session) -> Write:
    """Return the write that stores a session as it is now, in place of the version that was read.

    Where another has been faster, `write` raises LostUpdateError with the part "session": send it first.
    """
    return Write(
        SESSION,
        """
        UPDATE checkout_checkoutsession
        SET agent_key_id = %s, status = %s, total_minor = %s, attempt_id = %s, order_id = %s,
            document = %s, updated_at = %s, expires_at = %s, version = version + 1
        WHERE id = %s AND version = %s
        """,
        [
            session.agent_key_id,
            session.status,
            session.document.totals.total_minor,
            session.attempt_id,
            session.order_id,
            encode(session.document),
            session.updated_at,
            session.expires_at,
            session.id,
            session.version,
        ],
        expect=1,
    )
