"""Ask a running sandbox for chaos."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import urllib3

from tests.payments.sandbox.running import RunningSandbox

Ask = Callable[..., Any]


def send(sandbox: RunningSandbox, method: str, fields: dict[str, object]) -> urllib3.BaseHTTPResponse:
    """Send fields as a form or, where the method has no body, as a query."""
    url, encoded = f"{sandbox.base_url}/_sandbox/chaos", urlencode(fields)
    if method == "POST":
        return urllib3.request(method, url, body=encoded, retries=False)
    return urllib3.request(method, f"{url}?{encoded}", retries=False)


def counts(rules: Ask) -> list[tuple[str, int, int]]:
    """Return of every rule the fault, how often it matched and how often it hit."""
    return [(rule["fault"], rule["matched"], rule["hits"]) for rule in rules()["rules"]]
