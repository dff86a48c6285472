"""Who is calling: a test-mode secret key, sent as a bearer token or as the user of basic authentication."""

import base64
import binascii
import re

from commerce.payments.sandbox.errors import Unauthenticated

SECRET_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9_]+")
NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using "
    "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
    "https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
)


def authenticate(authorization: str) -> str:
    """Return the secret key of a request; keys of live mode are refused like any other unknown key."""
    key = _key(authorization)
    if not key:
        raise Unauthenticated(NO_KEY)
    if not SECRET_KEY.fullmatch(key):
        raise Unauthenticated(f"Invalid API Key provided: {_masked(key)}")
    return key


def _key(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _masked(key: str) -> str:
    """Show the kind of a key and, of a long one, its end."""
    if len(key) < 20:
        return key[:8] + "*" * len(key[8:])
    return key[:8] + "*" * (len(key) - 12) + key[-4:]
