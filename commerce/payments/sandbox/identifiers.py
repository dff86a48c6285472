"""Random ids in Stripe's form: a prefix that names the kind of object, then letters and digits."""

import secrets
import string

ALPHABET = string.digits + string.ascii_letters


def random_text(length: int) -> str:
    """Return that many unguessable letters and digits."""
    return "".join([ALPHABET[byte % 62] for byte in secrets.token_bytes(length)])


def new_id(prefix: str, length: int = 24) -> str:
    """Return a new id such as `ch_3Qx…`; the prefix carries its own separator."""
    return prefix + random_text(length)
