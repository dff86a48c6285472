"""A request's body as JSON: read once, refused early, and reduced to a fingerprint of what it means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import rfc8785
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from agents.errors import RequestError

MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The raw bytes, the value they mean, and the SHA-256 of its canonical form (RFC 8785)."""

    raw: bytes
    value: Any
    fingerprint: str


def read_json(request: HttpRequest, *, may_be_empty: bool = False) -> JsonBody:
    """Read a JSON object from the body. Raises RequestError with 400, 413 or 415.

    Two bodies have one fingerprint where they differ only in the order of keys, white space, escapes or
    trailing zeros; null and absent differ.
    """
    raw = _raw(request)
    if not raw.strip() and may_be_empty:
        return JsonBody(raw, {}, hashlib.sha256(b"").hexdigest())
    if request.content_type != "application/json":
        raise RequestError(415, "unsupported_media_type", "Content-Type must be application/json.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        raise RequestError(400, "invalid_json", f"The body is not valid JSON: {problem}.") from problem
    if not isinstance(value, dict):
        raise RequestError(400, "invalid", "The body must be a JSON object.", param="$")
    _refuse_what_cannot_be_kept(raw, value)
    try:
        canonical = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as problem:
        raise RequestError(400, "invalid", "A number in the body is out of range.", param="$") from problem
    return JsonBody(raw, value, hashlib.sha256(canonical).hexdigest())


def _raw(request: HttpRequest) -> bytes:
    limit: int = settings.MAX_BODY_BYTES
    too_large = RequestError(413, "too_large", f"The body is larger than {limit} bytes.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise too_large
    try:
        raw = request.body
    except RequestDataTooBig as problem:
        raise too_large from problem
    if len(raw) > limit:
        raise too_large
    return raw


def _refuse_what_cannot_be_kept(raw: bytes, value: dict[str, Any]) -> None:
    """Refuse NUL characters, which PostgreSQL cannot store, and nesting no honest request has."""
    may_be_deep = raw.count(b"{") + raw.count(b"[") > MAX_DEPTH
    if not may_be_deep and b"\\u0000" not in raw:
        return
    for path, depth, leaf in _walk(value):
        if depth > MAX_DEPTH:
            raise RequestError(400, "invalid", f"The body is nested deeper than {MAX_DEPTH} levels.", param="$")
        if isinstance(leaf, str) and "\x00" in leaf:
            raise RequestError(400, "invalid", "Text must not contain NUL characters.", param=path)


def _walk(value: Any) -> Iterator[tuple[str, int, Any]]:
    """Visit everything in a JSON value with its JSONPath and depth, without recursion. Keys count as text."""
    waiting: list[tuple[str, int, Any]] = [("$", 1, value)]
    while waiting:
        path, depth, here = waiting.pop()
        yield path, depth, here
        if isinstance(here, dict):
            yield from ((path, depth, key) for key in here)
            waiting.extend((f"{path}{member(key)}", depth + 1, part) for key, part in here.items())
        elif isinstance(here, list):
            waiting.extend((f"{path}[{index}]", depth + 1, part) for index, part in enumerate(here))


def member(name: str) -> str:
    """Write one member of an object in JSONPath: `.name`, or `['odd name']` where that is needed."""
    if name.isascii() and name.isidentifier():
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'").replace("\x00", "\\u0000")
    return f"['{escaped}']"


def json_path(parts: tuple[str | int, ...]) -> str:
    """Write the way to a place in the body as JSONPath: ("lines", 0, "id") becomes $.lines[0].id."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else member(part) for part in parts)
