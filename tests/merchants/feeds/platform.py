"""A platform's feed API over real HTTP: keeps products as it is sent them, and holds everything to the schema.

Remembers idempotency keys as such a platform does: the same key again is answered as before and changes nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.official_schemas import check_shape

SCHEMA = "schema.feed.json"
KEY = "sk_platform_1"

Reply = tuple[int, dict[str, Any], dict[str, str]]


@dataclass
class Platform:
    """`faults` are answers used up from the front by requests that change something; then all goes well.

    `hated` are products that it never takes. `complaints` is what was wrong with requests.
    """

    url: str
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    faults: list[Reply | None] = field(default_factory=list)
    hated: set[str] = field(default_factory=set)
    answered: dict[str, tuple[Any, Reply]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    feeds: int = 0
    is_lost: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, method: str, path: str, headers: dict[str, str], body: Any) -> Reply | None:
        with self.lock:
            self.requests.append((method, path, headers, body))
            try:
                self._check(method, headers)
            except AssertionError as problem:
                self.complaints.append(str(problem))
            if method != "GET" and self.faults:
                return self.faults.pop(0)
            key = headers.get("idempotency-key", "")
            if key in self.answered:
                before, reply = self.answered[key]
                assert before == body, "another body under the same key"
                return reply
            reply = self._answer(method, unquote(path), body)
            if key and reply[0] < 300:
                self.answered[key] = (body, reply)
            return reply

    def _check(self, method: str, headers: dict[str, str]) -> None:
        assert headers["authorization"] == f"Bearer {KEY}", headers
        assert headers["api-version"] == "2026-04-17", headers
        assert headers["request-id"].startswith("req_"), headers
        assert ("idempotency-key" in headers) == (method != "GET"), headers

    def _answer(self, method: str, path: str, body: Any) -> Reply:
        if (method, path) == ("POST", "/v1/feeds"):
            self._fits(body, "CreateFeedRequest")
            self.feeds += 1
            self.is_lost = False
            return self._said(201, {"id": self.feed_id, **body}, "FeedMetadata")
        if path not in (f"/v1/feeds/{self.feed_id}", f"/v1/feeds/{self.feed_id}/products") or self.is_lost:
            error = {"type": "invalid_request", "code": "feed_not_found", "message": "Feed not found"}
            return self._said(404, error, "Error")
        if method == "GET":
            return self._said(200, {"id": self.feed_id}, "FeedMetadata")
        self._fits(body, "UpsertProductsRequest")
        if bad := [one["id"] for one in body["products"] if one["id"] in self.hated]:
            error = {"type": "invalid_request", "code": "invalid", "message": f"We do not list {bad[0]}."}
            return self._said(422, error, "Error")
        for product in body["products"]:
            self.products[product["id"]] = product
        return 200, {"id": self.feed_id, "accepted": True}, {}

    @property
    def feed_id(self) -> str:
        return f"feed/{self.feeds}"

    def _fits(self, body: Any, definition: str) -> None:
        try:
            check_shape(body, definition, file=SCHEMA)
        except AssertionError as problem:
            self.complaints.append(str(problem))

    def _said(self, status: int, body: dict[str, Any], definition: str) -> Reply:
        check_shape(body, definition, file=SCHEMA)
        return status, body, {}

    def sent(self, method: str = "PATCH") -> list[list[str]]:
        """Return the products of each request."""
        bodies = [body for asked, _, _, body in self.requests if asked == method]
        return [[one["id"] for one in body.get("products", [])] for body in bodies]

    def variant(self, variant_id: str) -> dict[str, Any]:
        for product in self.products.values():
            for one in product["variants"]:
                if one["id"] == variant_id:
                    return dict(one)
        raise AssertionError(f"{variant_id} was not sent")


@contextmanager
def platform() -> Iterator[Platform]:
    """Run a platform on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = self.path
            reply = kept.take(self.command, path, headers, json.loads(content) if content else None)
            if reply is None:
                self.close_connection = True
                return
            status, body, extra = reply
            written = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**extra, "Content-Length": str(len(written))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(written)

        do_PATCH = do_POST
        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept = Platform(f"http://127.0.0.1:{server.server_address[1]}/v1")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
