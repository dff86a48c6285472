"""The event stream of a conversation: what has happened since, and what happens while somebody looks.

Served by an ASGI server it stays open for a while and is woken by hints; between two looks it holds neither a
thread of the database's nor a connection to it. Served by a WSGI server it answers at once with what there is
and has the browser ask again. Either way a browser says what it saw last, so nothing is lost or shown twice.
Source: HTML Living Standard, 9.2 "Server-sent events".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import redis
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from agents.chat.inspecting import timeline_partials
from agents.chat.models import ChatEvent
from agents.chat.recording import HINT_SECONDS, channel, events_after
from agents.chat.rendering import Renderer, message
from agents.chat.selectors import folded

logger = logging.getLogger(__name__)

LIVES_SECONDS = 25.0
LOOKS_EVERY = 5.0
LOOKS_EVERY_UNTOLD = 1.0
"""How often to look where nobody can give hints."""
ASK_AGAIN_MS = 1000
RECONNECT_MS = 300


@dataclass
class Watch:
    """One browser that looks at a conversation. `has_inspector` adds what the assistant does behind the page."""

    renderer: Renderer
    last_id: int
    has_inspector: bool = False
    _is_folded: bool = False

    def look(self) -> list[bytes]:
        """Return the messages of what has happened since the last look."""
        conversation_id = self.renderer.conversation.pk
        if not self._is_folded:
            self.renderer.fold = folded(conversation_id, until=self.last_id)
            self._is_folded = True
        events = events_after(conversation_id, self.last_id)
        return [told for event in events if (told := self._message(event))]

    def _message(self, event: ChatEvent) -> bytes:
        self.last_id = event.pk
        pieces = list(self.renderer.fragments(self.renderer.fold.take(event)))
        if self.has_inspector:
            pieces += timeline_partials(event)
        return message("".join(pieces), event_id=event.pk) if pieces else b""


def event_stream(request: HttpRequest, watch: Watch) -> HttpResponse | StreamingHttpResponse:
    """Answer with the stream, in the way that the server at hand can."""
    response: HttpResponse | StreamingHttpResponse
    if isinstance(request, ASGIRequest):
        connections.close_all()  # this request's thread waits as long as the stream is open
        response = StreamingHttpResponse(_live(watch), content_type="text/event-stream")
    else:
        answer = [*watch.look(), message("", retry=ASK_AGAIN_MS)]
        response = HttpResponse(b"".join(answer), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would collect it
    return response


async def _live(watch: Watch) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    until = loop.time() + LIVES_SECONDS
    look = sync_to_async(_looking(watch), thread_sensitive=False)
    async with _hints(watch.renderer.conversation.pk) as wait:
        yield message("", retry=RECONNECT_MS)
        while True:
            for told in await look():
                yield told
            left = until - loop.time()
            if left <= 0:
                return
            if not await wait(left):
                yield b": still here\n\n"


def _looking(watch: Watch) -> Callable[[], list[bytes]]:
    def look() -> list[bytes]:
        try:
            return watch.look()
        finally:
            connections.close_all()

    return look


Wait = Callable[[float], Awaitable[bool]]


@asynccontextmanager
async def _hints(conversation_id: str) -> AsyncIterator[Wait]:
    """Yield what waits for the next hint, at most so many seconds, and says whether there was one."""
    client = redis.asyncio.Redis.from_url(settings.CELERY_BROKER_URL, socket_connect_timeout=HINT_SECONDS)
    listener = client.pubsub(ignore_subscribe_messages=True)
    try:
        try:
            await listener.subscribe(channel(conversation_id))
        except (redis.RedisError, OSError) as problem:
            logger.info("nobody gives hints: %s", type(problem).__name__)
            yield _without_hints
        else:
            yield _with_hints(listener)
    finally:
        await _quietly(listener.aclose())  # type: ignore[no-untyped-call]
        await _quietly(client.aclose())


def _with_hints(listener: redis.asyncio.client.PubSub) -> Wait:
    async def wait(seconds: float) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + min(seconds, LOOKS_EVERY)
        while (left := until - loop.time()) > 0:
            try:
                if await listener.get_message(timeout=left) is not None:
                    return True
            except (redis.RedisError, OSError):
                return await _without_hints(left)
        return False

    return wait


async def _without_hints(seconds: float) -> bool:
    await asyncio.sleep(min(seconds, LOOKS_EVERY_UNTOLD))
    return False


async def _quietly(closing: Awaitable[None]) -> None:
    try:
        await closing
    except (redis.RedisError, OSError) as problem:
        logger.info("a listener was not closed: %s", type(problem).__name__)
