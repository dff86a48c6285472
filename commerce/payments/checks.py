"""Whether the payment settings can be meant: nobody charges real cards by accident."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string


def check_payment_settings(**_: Any) -> list[CheckMessage]:
    """Refuse a live key without `PAYMENTS_LIVE`, and a real key for an address that is not Stripe's."""
    problems: list[CheckMessage] = []
    key: str = settings.STRIPE_SECRET_KEY
    is_live = key.startswith(("sk_live_", "rk_live_"))
    if is_live and not settings.PAYMENTS_LIVE:
        problems.append(Error("STRIPE_SECRET_KEY is live; set PAYMENTS_LIVE=1 to charge.", id="payments.E001"))
    if settings.STRIPE_API_BASE and not key.startswith(("sk_test_", "rk_test_")):
        hint = "STRIPE_API_BASE names another server than Stripe's; it gets a sk_test_ key only."
        problems.append(Error(hint, id="payments.E002"))
    for name in ("PAYMENT_GATEWAY", "TAX_CALCULATOR"):
        try:
            import_string(getattr(settings, name))
        except ImportError as problem:
            problems.append(Error(f"{name} cannot be imported: {problem}", id="payments.E003"))
    return problems
