"""Events: what happened, as a snapshot of the object, and which webhook endpoints are still to be told."""

import sqlite3

import orjson

from commerce.payments.sandbox.account import Account
from commerce.payments.sandbox.documents import Document, Params, public
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.listing import list_objects

RETAINED_FOR = 30 * 24 * 60 * 60


def emit(account: Account, event_type: str, document: Document, previous: Document | None = None) -> None:
    """Record an event in the transaction of the change, with a delivery for every endpoint that wants it."""
    data: Document = {"object": public(document)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = account.insert(
        {
            "id": new_id("evt_"),
            "object": "event",
            "api_version": str(account.version),
            "created": account.now,
            "data": data,
            "livemode": False,
            "request": {"id": account.request_id, "idempotency_key": account.idempotency_key},
            "type": event_type,
        }
    )
    _schedule_deliveries(account, event)


def _schedule_deliveries(account: Account, event: Document) -> None:
    endpoints = account.connection.execute(
        "SELECT id, document FROM objects WHERE account = ? AND object = 'webhook_endpoint' AND deleted = 0",
        (account.id,),
    ).fetchall()
    for endpoint_id, text in endpoints:
        endpoint = orjson.loads(text)
        wanted = endpoint["enabled_events"]
        if endpoint["status"] == "enabled" and ("*" in wanted or event["type"] in wanted):
            account.connection.execute(
                "INSERT INTO deliveries (event, endpoint, next_attempt_at) VALUES (?, ?, 0)",
                (event["id"], endpoint_id),
            )
            account.has_deliveries = True


def pending_webhooks(connection: sqlite3.Connection, event_id: str) -> int:
    """Count the endpoints that have not yet answered this event with a 2xx."""
    row = connection.execute(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND delivered_at IS NULL", (event_id,)
    ).fetchone()
    return int(row[0])


def with_pending_webhooks(connection: sqlite3.Connection, event: Document) -> Document:
    """Return an event as it stands now."""
    return {**event, "pending_webhooks": pending_webhooks(connection, event["id"])}


def retrieve(account: Account, event_id: str) -> Document:
    """Return one event."""
    return with_pending_webhooks(account.connection, account.retrieve("event", event_id))


def list_events(account: Account, params: Params) -> Document:
    """Return the events of the last 30 days, newest first."""
    page = list_objects(account, "event", params, url="/v1/events", not_before=account.now - RETAINED_FOR)
    page["data"] = [with_pending_webhooks(account.connection, event) for event in page["data"]]
    return page
