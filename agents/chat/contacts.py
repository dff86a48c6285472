"""How a shop is reached and where it says its rules, as far as its texts have a shape of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commerce.accounts.models import Merchant
from commerce.text import web_address

_PHONE = re.compile(r"\+?[\d][\d ()./-]{4,}")


def contacts_of(merchant: Merchant) -> tuple[tuple[str, str], ...]:
    """Return names and what stands for them, in the order in which they are told."""
    return tuple(_contacts(merchant))


def _contacts(merchant: Merchant) -> Iterator[tuple[str, str]]:
    if merchant.support_email:
        yield "E-mail", merchant.support_email
    if _PHONE.fullmatch(merchant.support_phone):
        yield "Phone", merchant.support_phone
    if merchant.return_days:
        yield "Returns", f"taken back for {merchant.return_days} days after delivery"
    pages = {
        "Help": merchant.help_center_url,
        "Return policy": merchant.return_policy_url,
        "Shipping policy": merchant.shipping_policy_url,
        "Terms": merchant.terms_url,
        "Privacy": merchant.privacy_url,
    }
    yield from ((name, url) for name, url in pages.items() if web_address(url))
