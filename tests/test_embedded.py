"""Servers without an installation: shared by processes, gone with the last, absent where others are named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from commerce.embedded import EmbeddedPostgres, EmbeddedServer, EmbeddedStripeSandbox, EmbeddedValkey
from tests.waiting import HANG_GUARD, wait_until

ROOT = Path(__file__).parents[1]

ATTACH = """
import sys
from pathlib import Path
from commerce import embedded
server = getattr(embedded, sys.argv[1])(Path(sys.argv[2]))
print(server.attach(), flush=True)
sys.stdin.read()
"""

SERVERS = [EmbeddedPostgres, EmbeddedValkey, EmbeddedStripeSandbox]


@contextmanager
def process_attached(server: EmbeddedServer) -> Iterator[subprocess.Popen[str]]:
    """Attach to a server from another process, until it is told to end."""
    command = [sys.executable, "-c", ATTACH, type(server).__name__, str(server.directory.parent)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == server.url
        yield process
        if process.poll() is None and process.stdin:
            process.stdin.close()
            process.wait(timeout=HANG_GUARD)


@pytest.mark.parametrize("kind", SERVERS)
def test_a_server_lives_as_long_as_somebody_uses_it(kind: type[EmbeddedServer], tmp_path: Path) -> None:
    server = kind(tmp_path)

    with process_attached(server) as first:
        started = server.pid
        with process_attached(server):
            assert server.pid == started
            first.kill()  # the lock of a killed process is dropped by the kernel
            first.wait()
            wait_until(server.answers, "an answer")

    assert started
    assert server.pid is None


@pytest.mark.parametrize("kind", SERVERS)
def test_a_killed_server_is_started_again_where_it_was(kind: type[EmbeddedServer], tmp_path: Path) -> None:
    server = kind(tmp_path)
    url = server.attach()
    try:
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        with process_attached(kind(tmp_path)):
            wait_until(kind(tmp_path).answers, "an answer")
            assert server.url == url
    finally:
        server.detach()


def test_postgresql_is_18_and_keeps_its_data(tmp_path: Path) -> None:
    for round_ in range(2):
        server = EmbeddedPostgres(tmp_path)
        with psycopg.connect(server.attach(), autocommit=True) as connection:
            version = connection.info.server_version
            if round_ == 0:
                connection.execute("CREATE TABLE kept (number int)")
            connection.execute("INSERT INTO kept VALUES (%s)", [round_])
            rows = connection.execute("SELECT number FROM kept ORDER BY 1").fetchall()
        server.detach()

    assert version >= 180000
    assert rows == [(0,), (1,)]


def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    directory = tmp_path / ("deep-" * 20) / "data"
    server = EmbeddedPostgres(directory)
    try:
        with psycopg.connect(server.attach()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.detach()


def test_valkey_refuses_writes_rather_than_forgetting(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    try:
        client = redis.Redis.from_url(server.attach())
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    finally:
        server.detach()


def test_with_servers_named_nothing_embedded_starts(tmp_path: Path) -> None:
    named = {
        "DATABASE_URL": "postgresql://shop@db.example/shop",
        "REDIS_URL": "redis://cache.example/0",
        "SECRET_KEY": "named",
        "DATA_DIR": str(tmp_path / "data"),
    }
    program = "from commerce import settings as s; print(s.DATABASES['default']['HOST'], s.CELERY_BROKER_URL)"

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **named},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["db.example", "redis://cache.example/0"]
    assert not (tmp_path / "data").exists()
