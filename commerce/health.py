"""Whether this process lives, and whether what it needs answers.

Balancers and supervisors ask, by whatever address a process has and without HTTPS. So it is answered before a
request has to name a host of ours; nothing here looks at what else it says.
"""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from commerce import clock

BROKER_SECONDS = 0.5
"""How long the broker is waited for: who asks for our health does not wait long either."""


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return _ANSWERS.get(request.path, self._get_response)(request)


def live(_request: HttpRequest) -> HttpResponse:
    """Answer as long as the process can. Touches nothing else."""
    return HttpResponse(b"ok", content_type="text/plain")


def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether traffic should come here. PostgreSQL must answer; without the broker we work on, later.

    A wrong clock is made up for by the database's, and somebody should put it right.
    """
    database, broker = _database(), _broker()
    is_well = broker and clock.is_right()
    status = "ready" if database and is_well else "degraded" if database else "unavailable"
    body = {"status": status, "postgresql": database, "broker": broker, "clock": clock.is_right()}
    return JsonResponse(body, status=200 if database else 503)


_ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/health/live": live, "/health/ready": ready}


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except DatabaseError:
        return False


def _broker() -> bool:
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=BROKER_SECONDS,
        socket_connect_timeout=BROKER_SECONDS,
        retry=None,
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
