"""The servers that already run elsewhere. Nothing is started in place of what is named here."""

from __future__ import annotations

import os
from dataclasses import dataclass

CONNECT_SECONDS = 4


class LiveKeyError(RuntimeError):
    """The demo buys things, and was given a key that would charge real cards."""


@dataclass(frozen=True, slots=True)
class Given:
    """Their addresses and keys; empty where an embedded one is to be started."""

    database_url: str
    redis_url: str
    stripe_secret_key: str
    stripe_api_base: str

    @classmethod
    def from_environment(cls) -> Given:
        """Raises LiveKeyError."""
        names = ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "STRIPE_API_BASE")
        given = cls(*(os.environ.get(name, "") for name in names))
        if given.stripe_secret_key and "_test_" not in given.stripe_secret_key:
            raise LiveKeyError("STRIPE_SECRET_KEY is no test key. The demo pays with test cards only.")
        return given

    def check_postgres(self) -> None:
        """Raise psycopg.OperationalError where the database does not answer."""
        import psycopg

        psycopg.connect(self.database_url, connect_timeout=CONNECT_SECONDS).close()

    def check_redis(self) -> None:
        """Raise redis.RedisError where the broker does not answer."""
        import redis

        redis.Redis.from_url(self.redis_url, socket_connect_timeout=CONNECT_SECONDS).ping()
