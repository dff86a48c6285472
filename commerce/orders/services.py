from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from commerce.errors import CommerceError, NotFoundError
from commerce.orders.models import Order, OrderEvent, OrderNote
from commerce.orders.records import OrderRecord
from commerce.orders.sql import insert_writes
from commerce.outbox.services import event_write, record_event
from commerce.statements import Write


def place_order_writes(order: OrderRecord) -> list[Write]:
    """Return the writes of a placed order: its rows, its log, and the events that tell of it.

    For the transaction that settles the payment; call `commerce.outbox.services.announce` there.
    """
    payload = {"sequence": order.sequence}
    writes = [
        *insert_writes(order),
        event_write("order.placed", key=order.id, now=order.placed_at, payload=payload),
    ]
    if any(line.is_digital for line in order.lines):
        writes.append(event_write("order.downloads_due", key=order.id, now=order.placed_at))
    return writes


def lock_order(order_id: str) -> Order:
    """Hold an order's row until the transaction ends. Lock it before anything that belongs to it."""
    if not connection.in_atomic_block:
        raise RuntimeError("a lock needs an open transaction")
    return Order.objects.select_for_update(no_key=True).get(pk=order_id)


def log_change(order: Order, *, kind: str, now: datetime, detail: Mapping[str, Any] | None = None) -> None:
    """Append to the log of a locked order, store its status and tell the subscribers.

    The number of the entry is the order's next; it orders the webhooks.
    """
    order.sequence += 1
    order.updated_at = now
    order.save(update_fields=["sequence", "status", "updated_at"])
    OrderEvent.objects.create(
        order=order, sequence=order.sequence, kind=kind, detail=dict(detail or {}), occurred_at=now
    )
    record_event("order.updated", key=order.id, now=now, payload={"sequence": order.sequence})


LONGEST_NOTE = 2000


class EmptyNoteError(CommerceError):
    """A note says nothing, or more than is kept."""

    code = "empty_note"


def add_note(order_id: str, *, author: str, text: str, now: datetime) -> OrderNote:
    """Keep what somebody of the staff says about an order. Nobody else is told.

    Raises EmptyNoteError, NotFoundError.
    """
    words = text.strip()
    if not 0 < len(words) <= LONGEST_NOTE:
        raise EmptyNoteError(f"A note has 1 to {LONGEST_NOTE} characters.", target=("text",))
    if not Order.objects.filter(pk=order_id).exists():
        raise NotFoundError("There is no such order.")
    return OrderNote.objects.create(order_id=order_id, author=author[:150], text=words, written_at=now)
