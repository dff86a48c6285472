"""Uses of discounts: reserved when a buyer confirms, counted with the order, given back otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from commerce.errors import CommerceError
from commerce.statements import Write


class DiscountUsedUpError(CommerceError):
    """Somebody else took the last use of a limited discount in the meantime."""

    code = "discount_usage_limit_reached"

    def __init__(self) -> None:
        super().__init__("A discount has been used as often as it may be.")


def reserve_uses(discount_ids: Iterable[str], *, reference: str, buyer: str, now: datetime) -> None:
    """Count one use of each limited discount for a payment attempt, or raise DiscountUsedUpError.

    Needs an open transaction, which must be rolled back on the error. The usage rows are locked in the
    order of the discounts' ids.
    """
    wanted = sorted(discount_ids)
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [wanted, reference, buyer, now])
        if cursor.rowcount != len(wanted):
            raise DiscountUsedUpError


_RESERVE = """
    WITH counted AS (
        INSERT INTO discounts_discountusage AS u (discount_id, used)
        SELECT d.id, 1 FROM discounts_discount d
        WHERE d.id = ANY(%s::varchar[]) AND (d.usage_limit IS NULL OR d.usage_limit > 0) ORDER BY d.id
        ON CONFLICT (discount_id) DO UPDATE SET used = u.used + 1
        WHERE u.used < coalesce((SELECT usage_limit FROM discounts_discount WHERE id = u.discount_id), 2147483647)
        RETURNING discount_id
    )
    INSERT INTO discounts_redemption (discount_id, reference, buyer, status, created_at)
    SELECT discount_id, %s, %s, 'reserved', %s FROM counted
"""


def check_uses_per_buyer(discount_ids: Iterable[str], *, buyer: str) -> None:
    """Raise DiscountUsedUpError where a buyer has used a discount too often, this use included.

    Only behind `reserve_uses` in the same transaction, whose lock lets buyers pass one at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_USED_UP, [list(discount_ids), buyer])
        if cursor.fetchone():
            raise DiscountUsedUpError


_USED_UP = """
    SELECT r.discount_id FROM discounts_redemption r JOIN discounts_discount d ON d.id = r.discount_id
    WHERE r.discount_id = ANY(%s::varchar[]) AND r.buyer = %s AND r.status IN ('reserved', 'redeemed')
    GROUP BY r.discount_id, d.usage_limit_per_buyer HAVING count(*) > d.usage_limit_per_buyer
"""


def redeem_write(discount_ids: Iterable[str], *, reference: str, buyer: str, now: datetime) -> Write:
    """Return the write that counts the uses of a placed order, reserved before or not limited at all."""
    return Write(
        "redemptions",
        """
        INSERT INTO discounts_redemption (discount_id, reference, buyer, status, created_at)
        SELECT unnest(%s::varchar[]), %s, %s, 'redeemed', %s
        ON CONFLICT (reference, discount_id) DO UPDATE SET status = 'redeemed'
        """,
        [list(discount_ids), reference, buyer, now],
    )


def release_uses(reference: str) -> None:
    """Give back what was reserved for a payment attempt. Needs an open transaction; may run twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH released AS (
                UPDATE discounts_redemption SET status = 'released'
                WHERE reference = %s AND status = 'reserved' RETURNING discount_id
            ), locked AS (
                SELECT discount_id FROM discounts_discountusage
                WHERE discount_id IN (SELECT discount_id FROM released)
                ORDER BY discount_id FOR NO KEY UPDATE
            )
            UPDATE discounts_discountusage usage SET used = used - 1
            FROM locked WHERE usage.discount_id = locked.discount_id
            """,
            [reference],
        )
