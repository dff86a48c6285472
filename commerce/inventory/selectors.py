from __future__ import annotations

from datetime import datetime

from commerce.inventory.models import Reservation


def overdue_references(*, now: datetime, limit: int = 500) -> set[str]:
    """Return the payment attempts for which units are held longer than they should be."""
    overdue = Reservation.objects.filter(status=Reservation.Status.HELD, expires_at__lte=now)
    return set(overdue.order_by("expires_at").values_list("reference", flat=True)[:limit])
