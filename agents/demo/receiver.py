"""Where the demo's agent hears of its orders: checks each signature, keeps what came, lists it at `/events`.

A process of its own: `python -m agents.demo.receiver --port 9000 --events FILE`, the secret in
`RECEIVER_SECRET`. Answers as the protocol says (openapi.agentic_checkout_webhook.yaml).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from commerce.signatures import SignatureError, verify

KEPT_IN_MEMORY = 5000
MAX_BODY_BYTES = 1_048_576


class Events:
    """What came, in the order it came; the file has all of it, the memory the newest."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT_IN_MEMORY)
        self._seen: dict[str, str] = {}
        self.refused = 0
        if file.exists():
            for line in file.read_text().splitlines():
                self._remember(json.loads(line))

    def add(self, event: dict[str, Any]) -> None:
        """Keep an event, once: the same `Request-Id` is the same event. One that differs is kept, and marked."""
        with self._lock:
            known = self._seen.get(event["request_id"]) if event["request_id"] else None
            if known == _content(event):
                return
            event = event if known is None else {**event, "differs": True}
            with self._file.open("ab", buffering=0) as file:
                file.write(json.dumps(event).encode() + b"\n")  # in one piece, or not at all
            self._remember(event)

    def of_order(self, order_id: str) -> list[dict[str, Any]]:
        """Return the events of an order, oldest first; of every order without an id."""
        with self._lock:
            return [event for event in self._kept if not order_id or event["order_id"] == order_id]

    def _remember(self, event: dict[str, Any]) -> None:
        self._kept.append(event)
        self._seen.setdefault(event["request_id"], _content(event))


def _content(event: dict[str, Any]) -> str:
    """Return a fingerprint of what an event tells."""
    told = json.dumps([event["type"], event["order"]], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, *, events: Events, secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.events = events
        self.secret = secret


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/health":
            self._answer(200, {"status": "ok"})
        elif parts.path == "/events":
            order_id = parse_qs(parts.query).get("order", [""])[0]
            events = self.server.events
            self._answer(200, {"events": events.of_order(order_id), "refused": events.refused})
        else:
            self._answer(404, {"message": "Look at /events."})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            return self._refuse(413, "too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.")
        body = self.rfile.read(length)
        if urlsplit(self.path).path != "/webhooks":
            return self._refuse(404, "not_found", "Order events go to /webhooks.")
        try:
            signature = self.headers.get("Merchant-Signature", "")
            verify(body, header=signature, secrets=[self.server.secret], now=int(time.time()))
        except SignatureError as problem:
            self.server.events.refused += 1
            return self._refuse(401, "invalid_signature", str(problem))
        self._keep(body)

    def _keep(self, body: bytes) -> None:
        try:
            told = json.loads(body)
            kind, order = told["type"], told["data"]
            order_id = order["id"]
        except (ValueError, KeyError, TypeError):
            return self._refuse(400, "invalid", "This is no order event.")
        request_id = self.headers.get("Request-Id", "")
        self.server.events.add(
            {
                "request_id": request_id,
                "type": kind,
                "order_id": order_id,
                "received_at": datetime.now(tz=UTC).isoformat(timespec="milliseconds"),
                "order": order,
            }
        )
        self._answer(200, {"received": True, "request_id": request_id})

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._answer(status, {"type": "invalid_request", "code": code, "message": message})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body, indent=1 if self.command == "GET" else None).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the framework's name
        """Stay quiet; what came is in the file."""


def main() -> None:
    """Listen until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m agents.demo.receiver", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--events", type=Path, required=True, help="the file that keeps what came")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    receiver = Receiver(options.port, events=Events(options.events), secret=os.environ["RECEIVER_SECRET"])
    receiver.serve_forever()


if __name__ == "__main__":
    main()
