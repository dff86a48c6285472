"""An agent's side of the wire: plain HTTP with a key, as any other program would do it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

API_VERSION = "2026-04-17"
TIMEOUT = urllib3.Timeout(connect=3, read=30)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and answered. `status` is None where nothing was, and `error` says why."""

    method: str
    path: str
    sent: str
    status: int | None
    answer: str
    milliseconds: int
    error: str = ""


class RefusedError(RuntimeError):
    """A server answered something else than was hoped for, or nothing."""

    def __init__(self, exchange: Exchange) -> None:
        what = f"answered {exchange.status}: {exchange.answer[:300]}" if exchange.status else exchange.error
        super().__init__(f"{exchange.method} {exchange.path} {what}")
        self.exchange = exchange


class Http:
    """One server and what is sent along with every call. `note` is told of each exchange."""

    def __init__(
        self,
        base_url: str,
        headers: dict[str, str] | None = None,
        *,
        note: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = headers or {}
        self._note = note
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT, maxsize=4)

    def get(self, path: str) -> Any:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: bytes, **headers: str) -> Any:
        """Send a body. Names of headers are written with underscores."""
        return self._call("POST", path, body, _named(headers))

    def put(self, path: str, body: bytes, **headers: str) -> Any:
        return self._call("PUT", path, body, _named(headers))

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path, None, {})

    def close(self) -> None:
        """Give the connections back that are kept for the next call."""
        self._pool.clear()

    def read(self, path: str) -> str:
        """Return a page as text."""
        return self._exchange("GET", path, None, {}).answer

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        exchange = self._exchange(method, path, body, headers)
        try:
            return json.loads(exchange.answer)
        except ValueError as problem:
            raise RefusedError(exchange) from problem

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Exchange:
        """Send a request and return what came of it. Raises RefusedError unless it is a success."""
        started = time.monotonic()
        status, text, error = None, "", ""
        try:
            answer = self._pool.request(
                method, self.base_url + path, body=body, headers={**self._headers, **headers}, redirect=False
            )
            status, text = answer.status, answer.data.decode(errors="replace")
        except urllib3.exceptions.HTTPError as problem:
            error = f"failed: {type(problem).__name__}"
        milliseconds = int((time.monotonic() - started) * 1000)
        sent = body.decode() if body else ""
        exchange = Exchange(method, path, sent, status, text, milliseconds, error)
        if self._note:
            self._note(exchange)
        if status is None or not 200 <= status < 300:
            raise RefusedError(exchange)
        return exchange


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}


class Agent:
    """Finds and buys things in one shop."""

    def __init__(self, base_url: str, key: str, *, note: Callable[[Exchange], None] | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}", "API-Version": API_VERSION}
        self._anonymous = Http(base_url, note=note)
        self._shop = Http(base_url, headers, note=note)

    def close(self) -> None:
        """Give the connections back that are kept for the next call."""
        self._shop.close()
        self._anonymous.close()

    def discover(self) -> Any:
        return self._anonymous.get("/.well-known/acp.json")

    def page(self, path: str) -> str:
        """Return what a buyer sees there."""
        return self._anonymous.read(path)

    def search(self, words: str) -> Any:
        return self.get(f"/catalog/search?{urlencode({'q': words})}")

    def read(self, path: str) -> Any:
        return self.get(f"/acp{path}")

    def send(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        """Send a request of the protocol. The same `key` means the same request, whatever became of it."""
        return self.post(f"/acp{path}", body, key)

    def get(self, path: str) -> Any:
        return self._shop.get(path)

    def post(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        """Send a request to any of the shop's APIs, under an idempotency key."""
        return self._shop.post(path, json.dumps(body).encode(), **_json_headers(key))

    def put(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        """Put a body in the place of what was there, under an idempotency key."""
        return self._shop.put(path, json.dumps(body).encode(), **_json_headers(key))


def _json_headers(key: str) -> dict[str, str]:
    return {"Content_Type": "application/json", "Idempotency_Key": key or str(uuid.uuid4())}
