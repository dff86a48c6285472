"""JSON from outside: read once, and refused where it could not be kept or would hurt. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

MAX_DEPTH = 32


class UntrustedJsonError(ValueError):
    """The text is no JSON object, or holds what is not accepted. `path` is a JSONPath, "" for no place."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


def parse_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises UntrustedJsonError.

    NUL characters are refused because PostgreSQL cannot store them, and nesting that no honest sender needs.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        raise UntrustedJsonError(f"The body is not valid JSON: {problem}.") from problem
    if not isinstance(value, dict):
        raise UntrustedJsonError("The body must be a JSON object.", path="$")
    may_be_deep = raw.count(b"{") + raw.count(b"[") > MAX_DEPTH
    if may_be_deep or b"\\u0000" in raw:
        _refuse_what_cannot_be_kept(value)
    return value


def _refuse_what_cannot_be_kept(value: dict[str, Any]) -> None:
    for path, depth, leaf in _walk(value):
        if depth > MAX_DEPTH:
            raise UntrustedJsonError(f"The body is nested deeper than {MAX_DEPTH} levels.", path="$")
        if isinstance(leaf, str) and "\x00" in leaf:
            raise UntrustedJsonError("Text must not contain NUL characters.", path=path)


def _walk(value: Any) -> Iterator[tuple[str, int, Any]]:
    """Visit everything in a JSON value with its path and depth, without recursion. Keys count as text."""
    waiting: list[tuple[str, int, Any]] = [("$", 1, value)]
    while waiting:
        path, depth, here = waiting.pop()
        yield path, depth, here
        if isinstance(here, dict):
            yield from ((path, depth, key) for key in here)
            waiting.extend((f"{path}{_member(key)}", depth + 1, part) for key, part in here.items())
        elif isinstance(here, list):
            waiting.extend((f"{path}[{index}]", depth + 1, part) for index, part in enumerate(here))


def json_path(parts: tuple[str | int, ...]) -> str:
    """Write the way to a place as JSONPath (RFC 9535): ("lines", 0, "id") becomes $.lines[0].id."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else _member(part) for part in parts)


def _member(name: str) -> str:
    """Write one member of an object: `.name`, or `['odd name']` where that is needed."""
    if name.isascii() and name.isidentifier():
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'").replace("\x00", "\\u0000")
    return f"['{escaped}']"
