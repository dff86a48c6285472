"""A web process that completes a session and kills itself at a named step. Run by `test_killed.py`.

    python -m tests.faults.completing POINT < request.json

Speaks to the shop through its WSGI application, on the database and provider of the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

import django

django.setup()

from agents import http  # noqa: E402 - the settings come first
from commerce.checkout import complete, settlement  # noqa: E402
from commerce.payments.stripe_http import PooledHttpClient  # noqa: E402
from tests.api import AcpClient  # noqa: E402
from tests.faults.dying import after, before  # noqa: E402

POINTS: dict[str, Callable[[], None]] = {
    "before the claim": lambda: before(http, "claim"),
    "after the claim": lambda: after(http, "claim"),
    "in reserve, before stock is held": lambda: before(complete, "write"),
    "in reserve with limits, before the commit": lambda: after(complete, "write"),
    "after reserve, before the provider is asked": lambda: before(complete, "_authorize_and_settle"),
    "while the provider answers": lambda: after(PooledHttpClient, "request"),
    "after the provider answered": lambda: before(complete, "settle"),
    "in settle, before the order is made up": lambda: before(settlement, "_place"),
    "in settle, before the order is written": lambda: before(settlement, "write"),
    "after settle, before the answer": lambda: after(complete, "settle"),
}


def main(point: str) -> None:
    request = json.load(sys.stdin)
    POINTS[point]()
    acp = AcpClient(request["agent_key"])
    acp.complete(request["session_id"], request["token"], key=request["key"])


if __name__ == "__main__":
    main(sys.argv[1])
