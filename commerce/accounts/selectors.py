from __future__ import annotations

from commerce.accounts.models import Merchant


def currencies_sold() -> list[str]:
    """Return the currencies in which anything is sold here, without saying by whom."""
    active = Merchant.objects.filter(status=Merchant.Status.ACTIVE)
    return sorted(set(active.values_list("currency", flat=True)))
