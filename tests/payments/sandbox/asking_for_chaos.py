"""Ask a running sandbox for chaos."""

import threading
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


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something has come true."""
    pause = threading.Event()
    for _attempt in range(1000):
        if is_so():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come true")
