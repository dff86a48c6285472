"""How a page is sent: what it may load, and who may keep it for how long."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src {pictures}; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# No script, nothing from other sites, no frame around it, forms for ourselves only.
CONTENT_SECURITY_POLICY = _POLICY.format(pictures="'self'")
# Pictures of products come from wherever merchants keep them.
PUBLIC_CONTENT_SECURITY_POLICY = _POLICY.format(pictures="'self' https: http:")

LIVE_SECONDS = 30
"""How old a price or a stock may be in somebody's cache."""


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a page that loads nothing from elsewhere."""
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def private(response: HttpResponse) -> HttpResponse:
    """Have nobody keep, find or pass on the address of a page that is for whoever has it."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def public(response: HttpResponse, *, seconds: int = LIVE_SECONDS) -> HttpResponse:
    """Let everybody keep a page for a moment and ask again then."""
    response["Content-Security-Policy"] = PUBLIC_CONTENT_SECURITY_POLICY
    response["Cache-Control"] = f"public, max-age={seconds}, must-revalidate"
    return response
