"""The whole site behind an ASGI server, in a thread: event streams stay open there, as they do in production."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from commerce.asgi import application
from tests.waiting import HANG_GUARD


@contextmanager
def asgi_server() -> Iterator[str]:
    """Serve on a free port, and yield the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    options = uvicorn.Config(application, lifespan="off", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(HANG_GUARD)
        listening.close()
        assert not thread.is_alive(), "the server did not end"
