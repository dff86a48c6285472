"""A request's body as JSON: read once, refused early, and reduced to a fingerprint of what it means."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import rfc8785
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from agents.errors import RequestError
from commerce.untrusted_json import UntrustedJsonError, parse_object


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
        value = parse_object(raw)
    except UntrustedJsonError as problem:
        code = "invalid" if problem.path else "invalid_json"
        raise RequestError(400, code, str(problem), param=problem.path or None) from problem
    try:
        canonical = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as problem:
        raise RequestError(400, "invalid", "A number in the body is out of range.", param="$") from problem
    return JsonBody(raw, value, hashlib.sha256(canonical).hexdigest())


def _raw(request: HttpRequest) -> bytes:
    """Read all of the body. One that breaks off is not what was meant, least of all where nothing means all."""
    limit: int = settings.MAX_BODY_BYTES
    promised = int(request.META.get("CONTENT_LENGTH") or 0)
    too_large = RequestError(413, "too_large", f"The body is larger than {limit} bytes.")
    if promised > limit:
        raise too_large
    try:
        raw = request.body
    except RequestDataTooBig as problem:
        raise too_large from problem
    if len(raw) > limit:
        raise too_large
    if len(raw) < promised:
        raise RequestError(400, "invalid_json", f"The body ends after {len(raw)} of {promised} bytes.")
    return raw
