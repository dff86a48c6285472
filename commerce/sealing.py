"""Secrets at rest: encrypted with a key that is not in the database.

Payment tokens and webhook secrets have to be used again later, so a hash will not do. Keys come from
`SEALING_KEYS` (newest first) so that they can be rotated; without any they derive from SECRET_KEY.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBrokenError(RuntimeError):
    """A sealed value cannot be read: it was changed, or its key is no longer configured."""


def seal(secret: str) -> bytes:
    """Encrypt a secret for a column."""
    return _cipher(tuple(settings.SEALING_KEYS)).encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Decrypt what `seal` made. Raises SealBrokenError."""
    try:
        return _cipher(tuple(settings.SEALING_KEYS)).decrypt(bytes(sealed)).decode()
    except InvalidToken as problem:
        raise SealBrokenError("a sealed value cannot be read with the configured keys") from problem


def fingerprint(secret: str) -> str:
    """Return a keyed hash by which the same secret is recognised again without being readable."""
    key = _derive(settings.SEALING_KEYS[-1], b"fingerprint")
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, b"seal"))) for key in keys])


@lru_cache(maxsize=16)
def _derive(key: str, purpose: bytes) -> bytes:
    return hmac.new(key.encode(), purpose, hashlib.sha256).digest()
