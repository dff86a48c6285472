"""Pages and event streams at one address, for where no proxy stands before `web` and `stream`, as in the demo.

An ASGI application: a stream of the chat is served as such and holds no thread while it waits; anything else is
answered by the WSGI application, in one of so many threads, to its end even where the client has left. Django's
own ASGI handler would give every request a thread, however many come, and each of them a connection.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from asgiref.wsgi import WsgiToAsgi
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

THREADS = 24
"""With what the streams need, fewer than the pool of connections holds."""

STREAMS = re.compile(r"/chat/[^/]+/[^/]+/events")

Wsgi = Callable[..., Iterable[bytes]]


class Front:
    """Leads a request to the streams or to the pages."""

    def __init__(self, streams: Any, pages: Wsgi, *, threads: int) -> None:
        self._streams = streams
        self._pages = WsgiToAsgi(_closed(pages))  # type: ignore[no-untyped-call]
        self._idle: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for _ in range(threads):
            self._idle.put_nowait(ThreadPoolExecutor(1, thread_name_prefix="page"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if STREAMS.fullmatch(scope["path"]):
            await self._streams(scope, receive, send)
            return
        thread = await self._idle.get()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self._pages(scope, receive, send)
        finally:
            self._idle.put_nowait(thread)


def _closed(application: Wsgi) -> Wsgi:
    """Have what an application returns closed, as PEP 3333 wants it: Django then gives its connection back."""

    def answer(environ: Any, start_response: Any) -> Iterator[bytes]:
        response = application(environ, start_response)
        with closing(response):  # type: ignore[type-var]
            yield from response

    return answer


application = Front(get_asgi_application(), get_wsgi_application(), threads=THREADS)
