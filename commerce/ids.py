"""Public identifiers: unguessable, with a prefix that names what they identify ("cs_", "ord_")."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LEGIBLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread aloud or on paper

ID_LENGTH = 40
"""Column length that holds every identifier."""


def random_text(length: int) -> str:
    """Return `length` characters of letters and digits, 5.95 bits of randomness each."""
    text = b""
    while len(text) < length:
        text += secrets.token_bytes(2 * length).translate(_AS_BASE62, delete=_UNFAIR)
    return text[:length].decode()


_FAIR = 256 - 256 % 62
_AS_BASE62 = bytes(ord(_BASE62[number % 62]) for number in range(256))
_UNFAIR = bytes(range(_FAIR, 256))  # would make some letters likelier than others


def new_id(prefix: str) -> str:
    """Return an identifier such as "cs_4fZ…" with 142 bits of randomness."""
    return f"{prefix}_{random_text(24)}"


def order_number() -> str:
    """Return a number a person can read out, such as "R4QK-7MWX-2P": 49 bits, no sequence to count."""
    letters = [secrets.choice(_LEGIBLE) for _ in range(10)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:8])}-{''.join(letters[8:])}"


@dataclass(frozen=True, slots=True)
class id_factory:
    """Makes ids of one prefix when called. `deconstruct` lets migrations write it down."""

    prefix: str

    def __call__(self) -> str:
        return new_id(self.prefix)

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return "commerce.ids.id_factory", [self.prefix], {}
