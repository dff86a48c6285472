"""One kept HTTP/1.1 connection with one request in flight, cheap enough not to be what is measured."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


class Connection(asyncio.Protocol):
    """Speaks to one loopback server. `request` opens the connection anew where it was closed."""

    def __init__(self, base_url: str, timeout: float = 60.0) -> None:
        parts = urlsplit(base_url)
        if parts.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("only loopback servers are loaded")
        self._host, self._port, self._prefix = parts.hostname, parts.port or 80, parts.path.rstrip("/")
        self._timeout = timeout
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    async def request(self, method: str, path: str, body: bytes = b"", headers: bytes = b"") -> tuple[int, bytes]:
        """Send a request and return the status and the body."""
        loop = asyncio.get_running_loop()
        if self._transport is None or self._transport.is_closing():
            transport, _ = await loop.create_connection(lambda: self, self._host, self._port)
            self._transport = transport
        self._buffer.clear()
        self._answer = loop.create_future()
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n".encode()
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + headers + length + body)
        return await asyncio.wait_for(self._answer, self._timeout)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None or self._answer.done():
            return
        head = bytes(self._buffer[:end]).lower()
        length = _content_length(head)
        body = self._buffer[end + 4 :]
        if length is None:
            if not body.endswith(b"0\r\n\r\n"):
                return
            body = _unchunked(bytes(body))
        elif len(body) < length:
            return
        self._answer.set_result((int(head[9:12]), bytes(body)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"connection lost: {exc}"))


def _content_length(head: bytes) -> int | None:
    start = head.find(b"\r\ncontent-length:")
    if start < 0:
        return None
    return int(head[start + 17 :].split(b"\r\n", 1)[0])


def _unchunked(data: bytes) -> bytearray:
    whole, position = bytearray(), 0
    while True:
        line = data.index(b"\r\n", position)
        size = int(data[position:line].split(b";")[0], 16)
        if size == 0:
            return whole
        whole += data[line + 2 : line + 2 + size]
        position = line + 4 + size
