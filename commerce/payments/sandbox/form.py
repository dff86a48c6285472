"""Decode the form bodies and query strings of Stripe's API: `a[b][0][c]=v` becomes nested dictionaries.

Lists stay dictionaries keyed by their index; only the schema knows whether `metadata[0]` is a list or a key.
"""

from typing import Any
from urllib.parse import parse_qsl

from commerce.payments.sandbox.errors import InvalidParameter

MAX_FIELDS = 1000
MAX_DEPTH = 12


def decode(text: str) -> dict[str, Any]:
    """Return the nested parameters of a form-encoded text; every leaf is a string."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidParameter("Invalid request: the parameters could not be decoded.") from error
    decoded: dict[str, Any] = {}
    for name, value in pairs:
        _place(decoded, _path(name), value, name)
    return decoded


def _path(name: str) -> list[str]:
    if "[" not in name or not name.endswith("]"):
        return [name]
    head, _, tail = name.partition("[")
    return [head, *tail[:-1].split("][")]


def _place(target: dict[str, Any], path: list[str], value: str, name: str) -> None:
    if len(path) > MAX_DEPTH:
        raise InvalidParameter("Invalid request: the parameters are nested too deeply.", param=path[0])
    for step in path[:-1]:
        child = target.setdefault(step or str(len(target)), {})
        if not isinstance(child, dict):
            raise _conflict(name)
        target = child
    last = path[-1] or str(len(target))
    if isinstance(target.get(last), dict):
        raise _conflict(name)
    target[last] = value


def _conflict(name: str) -> InvalidParameter:
    return InvalidParameter("Invalid request: a parameter was given both as a value and as an object.", param=name)
