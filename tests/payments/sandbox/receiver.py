"""A webhook receiver that remembers what it was sent and answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.waiting import HANG_GUARD


@dataclass
class Receiver:
    """What arrived, and the statuses still to be answered; when they run out, 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    arrived: list[tuple[bytes, str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    listen: Callable[[], None] = lambda: None

    def note(self, body: bytes, signature: str) -> int:
        with self.changed:
            self.arrived.append((body, signature))
            self.changed.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait_for(self, count: int) -> list[tuple[bytes, str]]:
        with self.changed:
            is_enough = self.changed.wait_for(lambda: len(self.arrived) >= count, HANG_GUARD)
            assert is_enough, f"{len(self.arrived)} arrived"
            return list(self.arrived)


class Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def receiving(*, is_listening: bool = True) -> Iterator[Receiver]:
    """Have a loopback port until the block is left, and listen there, at once or when `listen` is called."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.note(body, self.headers["Stripe-Signature"])
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Keep the output of the tests to the tests."""

    server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.server_bind()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?from=sandbox"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def listen() -> None:
        server.server_activate()
        serving.start()

    receiver.listen = listen
    if is_listening:
        listen()
    try:
        yield receiver
    finally:
        if serving.ident is not None:
            server.shutdown()
        server.server_close()
