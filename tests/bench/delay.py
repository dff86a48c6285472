"""A payment provider that takes its time: forwards every call after a pause.

A process of its own: `python -m tests.bench.delay --port 9100 --upstream http://127.0.0.1:9000`. How long the
pause is can be changed at any time: `GET /_delay?ms=300`.
"""

from __future__ import annotations

import argparse
import asyncio
from urllib.parse import urlsplit

METHODS = (b"GET ", b"POST ", b"DELETE ")


class SlowProvider:
    """Forwards bytes both ways; what begins a request waits first."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._seconds = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_upstream, to_upstream = await asyncio.open_connection(self._host, self._port)
        answers = asyncio.create_task(_forward(from_upstream, writer))
        try:
            while sent := await reader.read(65536):
                if sent.startswith(b"GET /_delay?ms="):
                    self._seconds = int(sent[15:].split(b" ", 1)[0]) / 1000
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")
                    continue
                if sent.startswith(METHODS) and self._seconds:
                    await asyncio.sleep(self._seconds)
                to_upstream.write(sent)
                await to_upstream.drain()
        except ConnectionError:
            pass
        finally:
            answers.cancel()
            to_upstream.close()
            writer.close()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while received := await reader.read(65536):
            writer.write(received)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _listen(port: int, upstream: str) -> None:
    parts = urlsplit(upstream)
    provider = SlowProvider(parts.hostname or "", parts.port or 80)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port, backlog=256)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.delay", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    options = parser.parse_args()
    asyncio.run(_listen(options.port, options.upstream))
