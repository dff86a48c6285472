"""A web process that completes a session and dies at a failpoint. Run by `test_killed.py`.

    FAILPOINTS=complete.after_ask=kill python -m tests.faults.completing < request.json

Speaks to the shop through its WSGI application, on the database and provider of the environment.
"""

from __future__ import annotations

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

import django

django.setup()

from tests.api import AcpClient  # noqa: E402 - the settings come first


def main() -> None:
    request = json.load(sys.stdin)
    acp = AcpClient(request["agent_key"])
    acp.complete(request["session_id"], request["token"], key=request["key"])


if __name__ == "__main__":
    main()
