"""Whether this process lives, and whether what it needs answers."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse


def live(_request: HttpRequest) -> HttpResponse:
    """Answer as long as the process can. Touches nothing else."""
    return HttpResponse(b"ok", content_type="text/plain")


def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether traffic should come here. PostgreSQL must answer; without the broker we work on, later."""
    database, broker = _database(), _broker()
    status = "ready" if database and broker else "degraded" if database else "unavailable"
    body = {"status": status, "postgresql": database, "broker": broker}
    return JsonResponse(body, status=200 if database else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except DatabaseError:
        return False


def _broker() -> bool:
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
