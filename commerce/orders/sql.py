"""Orders written and read in one statement. `tests/orders/test_sql.py` holds this against the ORM's result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter

from commerce.orders.records import OrderRecord
from commerce.statements import Read, Write

_ORDER_COLUMNS = """id, merchant_id, agent_id, payment_id, checkout_session_id, number, permalink_token, status,
    sequence, currency, items_minor, items_discount_minor, discount_minor, fulfillment_minor, tax_minor,
    included_tax_minor, total_minor, email, buyer, destination, fulfillment, tax_breakdown, discounts, notes,
    placed_at, updated_at, is_test"""

_LINE_COLUMNS = """id, position, variant_id, product_id, title, sku, image_url, is_digital, unit_price_minor,
    ordered, current, fulfilled, items_minor, items_discount_minor, tax_minor, included_tax_minor, total_minor"""

_codec = TypeAdapter(OrderRecord)


def insert_writes(order: OrderRecord) -> list[Write]:
    """Return the writes of a new order, its lines and the first entry of its log."""
    row = orjson.loads(_codec.dump_json(order, exclude={"lines", "adjustments"}))
    lines = orjson.dumps([_line_row(line, order) for line in order.lines]).decode()
    return [
        Write(
            "placed_order",
            "INSERT INTO orders_order SELECT * FROM json_populate_record(NULL::orders_order, %s::json)",
            [orjson.dumps(row).decode()],
            expect=1,
        ),
        Write(
            "placed_lines",
            "INSERT INTO orders_orderline SELECT * FROM json_populate_recordset(NULL::orders_orderline, %s::json)",
            [lines],
            expect=len(order.lines),
        ),
        log_write(
            order.id, sequence=1, kind="placed", detail={"total_minor": order.total_minor}, at=order.placed_at
        ),
    ]


def _line_row(line: object, order: OrderRecord) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(orjson.dumps(line))
    return {**row, "order_id": order.id}


def log_write(order_id: str, *, sequence: int, kind: str, detail: Mapping[str, Any], at: datetime) -> Write:
    """Return the write that appends to an order's log."""
    return Write(
        "order_log",
        """
        INSERT INTO orders_orderevent (order_id, sequence, kind, detail, occurred_at)
        VALUES (%s, %s, %s, %s::jsonb, %s)
        """,
        [order_id, sequence, kind, orjson.dumps(detail).decode(), at],
        expect=1,
    )


def order_reads(order_id: str) -> list[Read]:
    """Return the SELECTs of an order, its lines and its adjustments, for `commerce.statements.read`."""
    return [
        Read(f"SELECT {_ORDER_COLUMNS} FROM orders_order WHERE id = %s", [order_id]),
        Read(
            f"SELECT {_LINE_COLUMNS} FROM orders_orderline WHERE order_id = %s ORDER BY position",
            [order_id],
        ),
        Read(
            """
            SELECT id, kind, status, amount_minor, lines, reason, description, occurred_at
            FROM orders_adjustment WHERE order_id = %s ORDER BY occurred_at, id
            """,
            [order_id],
        ),
    ]


def order_from(
    orders: Sequence[Mapping[str, Any]],
    lines: Sequence[Mapping[str, Any]],
    adjustments: Sequence[Mapping[str, Any]],
) -> OrderRecord | None:
    """Put the rows of `order_reads` together, None where there is no such order."""
    if not orders:
        return None
    return _codec.validate_python({**orders[0], "lines": lines, "adjustments": adjustments})
