"""One address for pages and streams: who answers what, in how many threads, and to which end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from agents.front import Front
from tests.waiting import HANG_GUARD, wait_until


class Pages:
    """A WSGI application that notes who asked it, and waits for `go`."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.at_work = self.most_at_work = 0
        self.closed: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        with self._lock:
            self.at_work += 1
            self.most_at_work = max(self.at_work, self.most_at_work)
        assert self.go.wait(HANG_GUARD)
        start_response("200 OK", [("Content-Length", "4")])
        try:
            yield b"page"
        finally:
            with self._lock:
                self.at_work -= 1
                self.closed.append(environ["PATH_INFO"])


async def stream(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"stream"})


def scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [],
    }


async def asked(front: Front, path: str) -> bytes:
    """Return what is answered."""
    client: Any = ApplicationCommunicator(front, scope(path))  # type: ignore[no-untyped-call]
    await client.send_input({"type": "http.request", "body": b""})
    told = b""
    while True:
        message = await client.receive_output(timeout=HANG_GUARD)
        told += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await client.wait(timeout=HANG_GUARD)
            return bytes(told)


@pytest.mark.parametrize(
    ("path", "answered"),
    [
        ("/chat/shop/cnv_1/events", b"stream"),
        ("/chat/shop/cnv_1", b"page"),
        ("/chat/shop/cnv_1/events/more", b"page"),
        ("/admin/chat/shop/cnv_1/events", b"page"),
        ("/", b"page"),
    ],
)
def test_only_streams_are_streamed(path: str, answered: bytes) -> None:
    pages = Pages()
    pages.go.set()

    assert asyncio.run(asked(Front(stream, pages, threads=1), path)) == answered
    assert pages.closed == ([path] if answered == b"page" else [])


def test_no_more_pages_at_once_than_threads() -> None:
    pages = Pages()

    async def ask() -> list[bytes]:
        front = Front(stream, pages, threads=3)
        asking = [asyncio.create_task(asked(front, f"/{number}")) for number in range(8)]
        await asyncio.to_thread(wait_until, lambda: pages.at_work == 3)
        streamed = await asked(front, "/chat/shop/cnv_1/events")  # which waits for no thread
        pages.go.set()
        return [streamed, *await asyncio.gather(*asking)]

    assert asyncio.run(ask()) == [b"stream", *[b"page"] * 8]
    assert (pages.most_at_work, pages.at_work, len(pages.closed)) == (3, 0, 8)


def test_a_page_is_finished_for_a_client_that_has_left() -> None:
    pages = Pages()

    async def leave() -> None:
        client: Any = ApplicationCommunicator(  # type: ignore[no-untyped-call]
            Front(stream, pages, threads=1), scope("/complete")
        )
        await client.send_input({"type": "http.request", "body": b""})
        await asyncio.to_thread(wait_until, lambda: pages.at_work)
        await client.send_input({"type": "http.disconnect"})
        pages.go.set()
        await client.wait(timeout=HANG_GUARD)

    asyncio.run(leave())

    assert pages.closed == ["/complete"]
