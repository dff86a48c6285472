"""Which dialects are spoken. The newest is the one in force where a request names none it understands."""

from __future__ import annotations

from django.http import HttpRequest

from agents.acp.v2026_04_17 import VERSION as V2026_04_17
from agents.errors import RequestError

SUPPORTED = (V2026_04_17,)
"""Oldest first, as the discovery document lists them."""


class VersionError(RequestError):
    """The API-Version header is missing or names a version that is not spoken here."""

    supported_versions = list(reversed(SUPPORTED))


def require_version(request: HttpRequest) -> str:
    """Return the version a request speaks. Raises VersionError."""
    version: str | None = request.META.get("HTTP_API_VERSION")
    spoken = f"Supported: {', '.join(VersionError.supported_versions)}."
    if version is None or not version.strip():
        raise VersionError(400, "missing_api_version", f"The API-Version header is required. {spoken}")
    if version not in SUPPORTED:
        raise VersionError(400, "unsupported_api_version", f"This API-Version is not supported. {spoken}")
    return version
