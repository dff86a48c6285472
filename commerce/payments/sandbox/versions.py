"""API versions: `2026-10-28.endive`, or `2026-04-22.preview` for what Stripe has not released yet."""

import re
from dataclasses import dataclass

from commerce.payments.sandbox.errors import InvalidParameter

FORM = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([a-z]+))?")

# Changelog: payment_method_types was taken off PaymentIntents, first in the preview and then for everyone.
PAYMENT_METHOD_TYPES_RETIRED = "2026-09-30"
PAYMENT_METHOD_TYPES_RETIRED_IN_PREVIEW = "2026-08-26"
# Changelog 2026-04-22: payment_method_data[shared_payment_granted_token].
GRANTED_TOKENS_SINCE = "2026-04-22"
DEFAULT_ACCOUNT_VERSION = "2026-07-29.dahlia"


@dataclass(frozen=True, slots=True)
class Version:
    """One API version, as given in the Stripe-Version header or set for the account."""

    date: str
    release: str | None

    def __str__(self) -> str:
        return self.date if self.release is None else f"{self.date}.{self.release}"

    @property
    def is_preview(self) -> bool:
        return self.release == "preview" and self.date >= GRANTED_TOKENS_SINCE

    @property
    def accepts_payment_method_types(self) -> bool:
        retired = PAYMENT_METHOD_TYPES_RETIRED_IN_PREVIEW if self.is_preview else PAYMENT_METHOD_TYPES_RETIRED
        return self.date < retired


def parse_version(text: str) -> Version:
    """Read a Stripe-Version header or refuse it."""
    match = FORM.fullmatch(text)
    if match is None:
        raise InvalidParameter(f"Invalid Stripe API version: {text}")
    return Version(date=match[1], release=match[2])
