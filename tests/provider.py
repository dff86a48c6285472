"""A wire to the payment provider that can be cut: forwards to the sandbox, or fails the way networks do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

_pool = urllib3.PoolManager(maxsize=32, retries=False)

_FORWARDED = ("Authorization", "Stripe-Version", "Idempotency-Key", "Content-Type")


@dataclass
class Wire:
    """`faults` is used up from the front, one per request below /v1/payment_intents; then all goes well.

    `answers` are statuses and errors for paths, given without asking.

    "refuse" answers 500 without asking, "lose" asks and answers 500, "cut" asks and closes the connection,
    "drop" closes it without asking, "busy" answers 409 as Stripe does while a key is in use. "spoil" asks and
    "spoil_before" does not; both answer 500 to the request's key, from then on always, as Stripe does.
    """

    url: str
    target: str
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        """Return what to answer to a request; None where the connection is closed instead."""
        key = headers.get("Idempotency-Key") or ""
        fault = self._next_fault(path, key)
        if path in self.answers:
            status, error = self.answers[path]
            return Reply(status, json.dumps({"error": error}).encode())
        if fault == "replay":
            return Reply(*FAILED, {"Idempotent-Replayed": "true"})
        if fault == "busy":
            return Reply(*BUSY)
        if fault == "drop":
            return None
        if fault in ("refuse", "spoil_before"):
            return Reply(*FAILED)
        sent = {name: value for name in _FORWARDED if (value := headers.get(name))}
        answer = _pool.request(method, self.target + path, body=body, headers=sent)
        if fault == "cut":
            return None
        return Reply(*FAILED) if fault in ("lose", "spoil") else Reply(answer.status, answer.data)

    def _next_fault(self, path: str, key: str) -> str | None:
        with self.lock:
            self.seen.append(path)
            if key in self.spoilt:
                return "replay"
            if not path.startswith("/v1/payment_intents"):
                return None
            fault = self.faults.pop(0) if self.faults else None
            if fault in ("spoil", "spoil_before"):
                self.spoilt.add(key)
            return fault


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


FAILED = (500, b'{"error": {"type": "api_error", "message": "An error occurred."}}')
BUSY = (409, b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "x"}}')


@contextmanager
def wire_to(target: str) -> Iterator[Wire]:
    """Run a forwarding server on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = wire.answer(self.command, self.path, dict(self.headers), body)
            if answer is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wire = Wire(f"http://127.0.0.1:{server.server_address[1]}", target)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
