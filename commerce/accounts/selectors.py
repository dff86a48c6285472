from __future__ import annotations

from commerce.accounts.models import Merchant
from commerce.errors import NotFoundError


def currencies_sold() -> list[str]:
    """Return the currencies in which anything is sold here, without saying by whom."""
    active = Merchant.objects.filter(status=Merchant.Status.ACTIVE)
    return sorted(set(active.values_list("currency", flat=True)))


def merchant_by_slug(slug: str) -> Merchant:
    """Return the merchant with that short name. Raises NotFoundError, which names those there are."""
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None:
        known = ", ".join(Merchant.objects.order_by("slug").values_list("slug", flat=True)[:50]) or "none yet"
        raise NotFoundError(f"There is no merchant '{slug}'. There are: {known}.", target=("merchant",))
    return merchant
