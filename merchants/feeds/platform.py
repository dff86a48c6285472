"""A platform's feed API, as ACP 2026-04-17 has it: one request, guarded, logged, and its answer put into words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from commerce import sealing
from commerce.ids import new_id
from commerce.outgoing.sending import Answer, send
from merchants.feeds.models import Feed, PushTry
from merchants.feeds.profiles.acp import VERSION

NOT_TAKEN = (400, 413, 422)
"""The body itself is refused: the same again would be refused again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a platform answered. `body` is empty where it was no JSON object."""

    answer: Answer
    body: dict[str, Any]

    @property
    def status(self) -> int | None:
        return self.answer.status

    @property
    def words(self) -> str:
        """Why it did not work, for people."""
        if self.answer.status is None:
            return f"no answer: {self.answer.error}"[:300]
        said = self.body.get("message") or self.answer.text[:200]
        return f"it answered {self.answer.status}: {said}"[:300]


def call(
    feed: Feed, method: str, path: str, body: Any = None, *, variety: str = "", products: int = 0, now: datetime
) -> Reply:
    """Send one request below the feed's address and keep what came of it.

    The idempotency key follows from the body and from `variety`, so that a repetition has the same key, and the
    same words said on another occasion have another.
    """
    content = None if body is None else orjson.dumps(body)
    key = "" if content is None else _idempotency_key(feed, method, path, content, variety)
    request_id = new_id("req")
    answer = send(
        method,
        f"{feed.push_url.rstrip('/')}{path}",
        body=content,
        headers=_headers(feed, request_id, key, now),
    )
    PushTry.objects.create(
        feed=feed,
        request_id=request_id,
        method=method,
        path=path[:300],
        idempotency_key=key,
        products=products,
        status=answer.status,
        error=answer.error,
        milliseconds=answer.milliseconds,
        answer=answer.text,
        tried_at=now,
    )
    return Reply(answer, _object(answer.text))


def _idempotency_key(feed: Feed, method: str, path: str, content: bytes, variety: str) -> str:
    whole = hashlib.sha256(b"\n".join((method.encode(), path.encode(), variety.encode(), content)))
    return f"{feed.pk}-{whole.hexdigest()[:32]}"


def _headers(feed: Feed, request_id: str, key: str, now: datetime) -> dict[str, str]:
    headers = {
        "Authorization": f"Bearer {sealing.unseal(feed.sealed_push_key or b'')}",
        "API-Version": VERSION,
        "Accept": "application/json",
        "User-Agent": "agentic-commerce-engine",
        "Request-Id": request_id,
        "Timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {**headers, "Content-Type": "application/json", "Idempotency-Key": key} if key else headers


def _object(text: str) -> dict[str, Any]:
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
