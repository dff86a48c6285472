"""Holding, taking and giving back stock. One statement each, rows locked in the order of variant ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from commerce.errors import CommerceError
from commerce.inventory.models import StockItem
from commerce.statements import Write

# A parameter where rows are found by their reference: as a literal it invites the planner to the index of all
# that is held, which is small by its statistics and full of what was held just now.
_HELD = "held"

UNITS = "units"


class OutOfStockError(CommerceError):
    """Some variants have fewer units left than wanted. Nothing is held."""

    code = "out_of_stock"


class StockMovedError(CommerceError):
    """More or fewer units are on hand than somebody has seen who says how many there are."""

    code = "stock_moved"


def set_stock(variant_id: str, *, on_hand: int, is_tracked: bool = True, allow_backorder: bool = False) -> None:
    """Set what is on hand of a variant, keeping what is reserved. Creates the row where it is missing."""
    StockItem.objects.update_or_create(
        variant_id=variant_id,
        defaults={"on_hand": on_hand, "is_tracked": is_tracked, "allow_backorder": allow_backorder},
    )


def recount_stock(variant_id: str, *, seen: int, on_hand: int, is_tracked: bool, allow_backorder: bool) -> None:
    """Set what is on hand of a variant if there still are as many as whoever says so has seen. May run twice.

    Raises StockMovedError; IntegrityError where fewer would be left than are held for buyers.
    """
    unmoved = StockItem.objects.filter(pk=variant_id, on_hand__in=(seen, on_hand))
    if not unmoved.update(on_hand=on_hand, is_tracked=is_tracked, allow_backorder=allow_backorder):
        raise StockMovedError("Units were sold, or came in, since somebody has looked.")


def set_shelf(variant_id: str, shelf: str) -> None:
    """Note where the units of a variant lie."""
    StockItem.objects.filter(pk=variant_id).update(shelf=shelf)


def reserve_writes(
    quantities: Mapping[str, int], *, reference: str, expires_at: datetime, now: datetime
) -> list[Write]:
    """Return the writes that hold units of several variants for a payment attempt, all or none.

    Where some cannot be had, `commerce.statements.write` raises LostUpdateError with the part UNITS; callers
    turn it into OutOfStockError. Untracked stock and stock that may be backordered never runs out.
    """
    variant_ids = sorted(quantities)
    return [
        Write(
            UNITS,
            f"""
            UPDATE inventory_stockitem s SET reserved = s.reserved + b.quantity
            FROM {UNITS}_before b
            WHERE s.variant_id = b.variant_id
              AND (NOT s.is_tracked OR s.allow_backorder OR s.on_hand - s.reserved >= b.quantity)
            """,
            returning="s.variant_id, b.quantity",
            expect=len(variant_ids),
            before="""
            SELECT s.variant_id, w.quantity
            FROM inventory_stockitem s
            JOIN unnest(%s::varchar[], %s::int[]) AS w (variant_id, quantity) USING (variant_id)
            ORDER BY s.variant_id FOR NO KEY UPDATE OF s
            """,
            before_params=[variant_ids, [quantities[variant_id] for variant_id in variant_ids]],
        ),
        Write(
            "reservations",
            f"""
            INSERT INTO inventory_reservation (stock_id, reference, quantity, status, expires_at, created_at)
            SELECT variant_id, %s, quantity, 'held', %s, %s FROM {UNITS}
            """,
            [reference, expires_at, now],
        ),
    ]


def commit_writes(count: int, *, reference: str) -> list[Write]:
    """Return the writes that turn what is held for a payment attempt into sold units.

    For the transaction that places the order; `count` variants must be held, else LostUpdateError.
    """
    return [
        Write(
            "stock",
            """
            UPDATE inventory_stockitem s
            SET reserved = s.reserved - b.quantity,
                on_hand = CASE WHEN s.is_tracked THEN s.on_hand - b.quantity ELSE s.on_hand END
            FROM stock_before b WHERE s.variant_id = b.variant_id
            """,
            expect=count,
            before="""
            SELECT s.variant_id, r.quantity
            FROM inventory_stockitem s JOIN inventory_reservation r ON r.stock_id = s.variant_id
            WHERE r.reference = %s AND r.status = %s
            ORDER BY s.variant_id FOR NO KEY UPDATE OF s
            """,
            before_params=[reference, _HELD],
        ),
        Write(
            "reservations",
            "UPDATE inventory_reservation SET status = 'committed' WHERE reference = %s AND status = %s",
            [reference, _HELD],
            expect=count,
        ),
    ]


def release(reference: str) -> None:
    """Give back what is held for a payment attempt. Needs an open transaction; may run twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH released AS (
                UPDATE inventory_reservation SET status = 'released'
                WHERE reference = %s AND status = %s RETURNING stock_id, quantity
            ), locked AS MATERIALIZED (
                SELECT s.variant_id, r.quantity FROM inventory_stockitem s
                JOIN released r ON r.stock_id = s.variant_id
                ORDER BY s.variant_id FOR NO KEY UPDATE OF s
            )
            UPDATE inventory_stockitem s SET reserved = s.reserved - l.quantity
            FROM locked l WHERE s.variant_id = l.variant_id
            """,
            [reference, _HELD],
        )


def take(quantities: Mapping[str, int]) -> None:
    """Take units off hand that are sent beside those that were sold. Needs an open transaction.

    What is held for buyers stays on hand: that a shop sends what it has not got is seen when it is counted.
    """
    for variant_id in sorted(quantities):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE inventory_stockitem
                SET on_hand = CASE WHEN allow_backorder THEN on_hand - %(units)s
                                   ELSE greatest(on_hand - %(units)s, reserved) END
                WHERE variant_id = %(variant_id)s AND is_tracked
                """,
                {"units": quantities[variant_id], "variant_id": variant_id},
            )


def restock(quantities: Mapping[str, int]) -> None:
    """Put returned units back on hand. Needs an open transaction."""
    for variant_id in sorted(quantities):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE inventory_stockitem SET on_hand = on_hand + %s WHERE variant_id = %s AND is_tracked",
                [quantities[variant_id], variant_id],
            )
