"""A wire to the payment provider that can be cut: forwards to the sandbox, or fails the way networks do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
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
    "drop" closes it without asking, "busy" answers 409 as Stripe does while a key is in use.
    """

    url: str
    target: str
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self, path: str) -> str | None:
        with self.lock:
            self.seen.append(path)
            if not path.startswith("/v1/payment_intents"):
                return None
            return self.faults.pop(0) if self.faults else None


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
            fault = wire.next_fault(self.path)
            answer = None
            if self.path in wire.answers:
                status, error = wire.answers[self.path]
                self._send(status, json.dumps({"error": error}).encode())
                return
            if fault not in ("refuse", "drop", "busy"):
                headers = {name: value for name in _FORWARDED if (value := self.headers.get(name))}
                answer = _pool.request(self.command, wire.target + self.path, body=body, headers=headers)
            if fault in ("cut", "drop"):
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self._send(*_answer(fault, answer))

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

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


def _answer(fault: str | None, answer: urllib3.BaseHTTPResponse | None) -> tuple[int, bytes]:
    if fault == "busy":
        kind = b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "x"}}'
        return 409, kind
    if fault in ("refuse", "lose") or answer is None:
        return 500, b'{"error": {"type": "api_error", "message": "An error occurred."}}'
    return answer.status, answer.data
