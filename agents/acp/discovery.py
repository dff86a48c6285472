"""`/.well-known/acp.json`: what an agent can know before it has a key (rfc.discovery)."""

from __future__ import annotations

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from rest_framework.exceptions import Throttled

from agents.acp.errors import exception_response
from agents.acp.versions import SUPPORTED
from agents.throttling import Window
from commerce.accounts.selectors import currencies_sold
from commerce.client_address import client_address

_readers = Window("discovery")


@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """Answer the same for everybody: no merchant, no key, no provider is named."""
    try:
        _readers.count(client_address(request), limit=settings.DISCOVERY_REQUESTS_PER_MINUTE)
    except Throttled as problem:
        return exception_response(problem)
    body = {
        "protocol": {
            "name": "acp",
            "version": SUPPORTED[-1],
            "supported_versions": list(SUPPORTED),
            "documentation_url": f"{settings.PUBLIC_BASE_URL}/docs/api",
        },
        "api_base_url": f"{settings.PUBLIC_BASE_URL}/acp",
        "transports": ["rest"],
        "capabilities": {
            "services": ["checkout", "orders", "carts"],
            "extensions": [{"name": "discount"}],
            "intervention_types": ["3ds"],
            "supported_currencies": currencies_sold(),
            "supported_locales": ["en-US"],
        },
    }
    response = HttpResponse(orjson.dumps(body), content_type="application/json")
    response["Cache-Control"] = "public, max-age=3600"
    return response
