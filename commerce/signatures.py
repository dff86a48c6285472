"""The `t=<unix seconds>,v1=<hex>` signature over `<t>.<raw body>` with HMAC-SHA256.

Used for what we send (ACP 2026-04-17 webhooks, `Merchant-Signature`) and for what carriers and
warehouses send to us (`Fulfillment-Signature`). Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

TOLERANCE_SECONDS = 300

_SHAPE = re.compile(r"t=(\d{1,12}),v1=([0-9a-fA-F]{64})")


class SignatureError(ValueError):
    """A signature is missing, malformed, wrong, too old or from the future. The text says which."""


def sign(body: bytes, *, secret: str, timestamp: int) -> str:
    """Return the header value that signs the raw body at a time in unix seconds."""
    return f"t={timestamp},v1={_digest(body, secret=secret, timestamp=timestamp)}"


def verify(body: bytes, *, header: str, secrets: Iterable[str], now: int) -> None:
    """Check a header value against each secret that may be in use. Raises SignatureError.

    A time further than 300 seconds away, on either side, is refused.
    """
    shape = _SHAPE.fullmatch(header.strip())
    if not shape:
        raise SignatureError("the signature is missing or not of the form t=<unix>,v1=<64 hex digits>")
    timestamp = int(shape[1])
    given = shape[2].lower()
    if not any(
        hmac.compare_digest(given, _digest(body, secret=secret, timestamp=timestamp)) for secret in secrets
    ):
        raise SignatureError("the signature does not match the body")
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise SignatureError(f"the signature's time is more than {TOLERANCE_SECONDS} seconds away")


def _digest(body: bytes, *, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
