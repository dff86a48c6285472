"""Whether the payment settings can be meant: nobody charges real cards by accident."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string


def check_payment_settings(**_: Any) -> list[CheckMessage]:
    """Refuse a live key without `PAYMENTS_LIVE`, and a real key for an address that is not Stripe's."""
    problems: list[CheckMessage] = []
    key: str = settings.STRIPE_SECRET_KEY
    if is_live_key(key) and not settings.PAYMENTS_LIVE:
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


def is_live_key(key: str) -> bool:
    """Say whether a key charges real cards."""
    return key.startswith(("sk_live_", "rk_live_"))


def why_key_cannot_be_meant(key: str) -> str:
    """Say why a merchant's key may not be used in this installation; nothing where it may."""
    if not _KEY.fullmatch(key):
        return "A secret key of Stripe begins with sk_test_ or rk_test_; copy all of it."
    if not is_live_key(key):
        return ""
    if settings.STRIPE_API_BASE:
        return "This installation works with a sandbox: it takes keys of the test mode only (sk_test_)."
    if not settings.PAYMENTS_LIVE:
        return "This is a live key, and this installation charges no real cards. Take the one of the test mode."
    return ""


_KEY = re.compile(r"[sr]k_(test|live)_[A-Za-z0-9_]{3,200}")
