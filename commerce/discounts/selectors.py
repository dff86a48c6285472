from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from commerce.pricing.discounts import Promotion
from commerce.statements import Read
from commerce.text import line


def promotions_read(merchant_id: str, codes: Iterable[str], *, buyer: str) -> Read:
    """Return the SELECT of a merchant's automatic discounts and of those with one of the codes.

    `buyer` is the fingerprint of the buyer's e-mail, empty where nobody is known yet. For
    `commerce.statements.read`; `promotions_from` turns the rows into promotions.
    """
    wanted = sorted({code.strip().upper() for code in codes})
    return Read(_SQL, [buyer, merchant_id, wanted, merchant_id])


def promotions_from(rows: Sequence[Mapping[str, Any]]) -> list[Promotion]:
    return [_promotion(row) for row in rows]


_SQL = """
    SELECT d.id, d.name, d.code, d.kind, d.percent::text, d.amount_minor, d.minimum_subtotal_minor,
           d.starts_at, d.ends_at, d.usage_limit, d.usage_limit_per_buyer, d.priority, d.is_combinable,
           d.is_active, coalesce(u.used, 0) AS used,
           CASE WHEN d.usage_limit_per_buyer IS NULL THEN 0 ELSE
               (SELECT count(*) FROM discounts_redemption r WHERE r.discount_id = d.id AND r.buyer = %s
                AND r.status IN ('reserved', 'redeemed')) END AS used_by_buyer
    FROM (
        SELECT * FROM discounts_discount WHERE merchant_id = %s AND code = ANY(%s::varchar[])
        UNION ALL
        SELECT * FROM discounts_discount WHERE merchant_id = %s AND code IS NULL AND is_active
    ) d
    LEFT JOIN discounts_discountusage u ON u.discount_id = d.id
    ORDER BY d.id
"""


def _promotion(row: Mapping[str, Any]) -> Promotion:
    return Promotion(
        id=row["id"],
        name=line(row["name"], 120),
        code=row["code"],
        percent=Decimal(row["percent"]) if row["percent"] is not None else None,
        amount_minor=row["amount_minor"],
        is_free_shipping=row["kind"] == "free_shipping",
        minimum_subtotal_minor=row["minimum_subtotal_minor"],
        starts_at=_instant(row["starts_at"]),
        ends_at=_instant(row["ends_at"]),
        usage_limit=row["usage_limit"],
        usage_limit_per_buyer=row["usage_limit_per_buyer"],
        used=row["used"],
        used_by_buyer=row["used_by_buyer"],
        priority=row["priority"],
        is_combinable=row["is_combinable"],
        is_active=row["is_active"],
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
