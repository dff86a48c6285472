"""Where a request comes from: what limits count by, and what is kept as evidence of a person's yes."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the IP address that a request comes from; empty where the server does not say.

    Each proxy adds to `X-Forwarded-For` whom it was called by, at the end. So many entries from there are true as
    there are proxies of ours; what stands before them is the caller's own word.
    """
    count = settings.TRUSTED_PROXY_COUNT
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    told = entries[-count] if 0 < count <= len(entries) else ""
    return _address(told) or _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str:
    """Return an address in its short form, without the port that some proxies add; empty for anything else."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    with suppress(ValueError):
        return str(ipaddress.ip_address(bare))
    return ""
