"""Which processes make up the shop, how each is started, and how one sees that it answers."""

from __future__ import annotations

import os
import signal
import sys
import urllib.request
from collections.abc import Callable, Mapping

from agents.demo.given import Given
from agents.demo.places import Places, surroundings
from agents.demo.ports import Reservation
from agents.demo.processes import Processes, Program
from agents.demo.servers import DemoPostgres, DemoValkey
from commerce.embedded import EmbeddedServer, free_port

START_SECONDS = 30
WEB_THREADS = 32
WORKER_PROCESSES = 2
CHAT_THREADS = 8
STRIPE = "https://api.stripe.com"


class Stack:
    """The processes of one demo, by name. The addresses of what runs elsewhere are taken as given."""

    def __init__(
        self, places: Places, given: Given, processes: Processes, *, web: Reservation, web_processes: int
    ) -> None:
        self.places = places
        self.processes = processes
        self.database_url, self.redis_url = given.database_url, given.redis_url
        self.stripe_secret_key = given.stripe_secret_key or places.kept_stripe_key()
        self.has_sandbox = not given.stripe_secret_key and not given.stripe_api_base
        self.stripe_api_base = given.stripe_api_base or STRIPE
        self.base_url = f"http://127.0.0.1:{web.port}"
        self.receiver_url = f"http://127.0.0.1:{free_port()}"
        self.webhook_secret = ""
        self.stripe_webhook_secret = ""
        self.also: dict[str, str] = {}
        """What else the processes of the shop are told."""
        self.streams = False
        """Whether the web serves event streams, too; else it is served as the Procfile says."""
        self._web_processes = web_processes
        self._servers: dict[str, EmbeddedServer] = {}
        if self.has_sandbox:
            self.stripe_api_base = f"http://127.0.0.1:{free_port()}"

    @property
    def webhook_url(self) -> str:
        return f"{self.receiver_url}/webhooks"

    def begin(self, name: str) -> None:
        """Start a process, without waiting until it answers."""
        self.processes.sweep(name)
        self._beginnings[name](self)

    def answers(self, name: str) -> bool:
        """Say whether a process does its work."""
        return self._answers[name](self)

    def await_answer(self, name: str) -> None:
        """Wait until a process does its work. Raises TimeoutError, ProcessEndedError."""
        self.processes.wait_until(lambda: self.answers(name), seconds=START_SECONDS, what=f"{name} did not answer")

    def environment(self) -> dict[str, str]:
        """Return what every process of the shop is told."""
        return surroundings(
            {
                "DATA_DIR": str(self.places.directory),
                "DATABASE_URL": self.database_url,
                "REDIS_URL": self.redis_url,
                "STRIPE_SECRET_KEY": self.stripe_secret_key,
                "STRIPE_API_BASE": self.stripe_api_base,
                "STRIPE_WEBHOOK_SECRETS": self.stripe_webhook_secret,
                "PUBLIC_BASE_URL": self.base_url,
                **self.also,
            }
        )

    def python(self, name: str, *arguments: str, orphan_signal: int = signal.SIGTERM) -> Program:
        """Return a Python program of the project as it runs in the shop."""
        return Program(name, (sys.executable, *arguments), self.environment(), orphan_signal=orphan_signal)

    def ids(self) -> dict[str, list[int]]:
        """Return the process ids of what was started here, the root of each first."""
        return {name: self.processes.ids(name) for name in self._beginnings}

    def stop(self) -> None:
        """End everything: who asks before who answers, the database last."""
        self.processes.stop(["web", "beat", "worker", "chat"])
        self.processes.stop(["receiver", "sandbox", "shop"])
        self.processes.stop(["valkey", "postgres"])
        for server in self._servers.values():
            server.detach()

    def _begin_postgres(self) -> None:
        self.database_url = self._attach(DemoPostgres(self.places.directory, self.processes))

    def _begin_valkey(self) -> None:
        self.redis_url = self._attach(DemoValkey(self.places.directory, self.processes))

    def _attach(self, server: EmbeddedServer) -> str:
        return self._servers.setdefault(server.name, server).attach()

    def _begin_sandbox(self) -> None:
        data = ("--data", str(self.places.directory / "stripe_sandbox.sqlite3"))
        port = ("--port", self.stripe_api_base.rpartition(":")[2])
        self.processes.start(self.python("sandbox", "-m", "commerce.payments.sandbox", *port, *data))

    def _begin_receiver(self) -> None:
        told = {"RECEIVER_SECRET": self.webhook_secret}
        port = ("--port", self.receiver_url.rpartition(":")[2])
        command = (sys.executable, "-m", "agents.demo.receiver", *port, "--events", str(self.places.events))
        self.processes.start(Program("receiver", command, {**os.environ, **told}))

    def _begin_web(self) -> None:
        options = {
            "--interface": "asginl" if self.streams else "wsgi",
            "--http": "1",
            "--host": "127.0.0.1",
            "--port": self.base_url.rpartition(":")[2],
            "--workers": str(self._web_processes),
            "--workers-kill-timeout": "3",
            "--log-level": "warning",
        }
        if not self.streams:
            options["--blocking-threads"] = str(WEB_THREADS)
        switches = ("--no-ws", "--respawn-failed-workers")
        values = (part for option in options.items() for part in option)
        application = "agents.front:application" if self.streams else "commerce.wsgi:application"
        self.processes.start(self.python("web", "-m", "granian", *values, *switches, application))

    def _begin_worker(self) -> None:
        pool = ("--pool", "prefork", "--concurrency", str(WORKER_PROCESSES))
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        celery = ("-m", "celery", "-A", "commerce.celery", "worker", "--loglevel", "WARNING")
        self.processes.start(self.python("worker", *celery, *pool, *alone, orphan_signal=signal.SIGKILL))

    def _begin_chat(self) -> None:
        pool = ("--pool", "threads", "--concurrency", str(CHAT_THREADS), "--queues", "chat")
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        celery = ("-m", "celery", "-A", "commerce.celery", "worker", "--loglevel", "WARNING")
        pidfile = self.places.logs / "chat.ready"
        pidfile.unlink(missing_ok=True)
        self.processes.start(
            self.python("chat", *celery, *pool, *alone, "--pidfile", str(pidfile), orphan_signal=signal.SIGKILL)
        )

    def _begin_beat(self) -> None:
        schedule = ("--schedule", str(self.places.beat / "schedule"), "--pidfile", "")
        celery = ("-m", "celery", "-A", "commerce.celery", "beat", "--loglevel", "WARNING")
        self.processes.start(self.python("beat", *celery, *schedule))

    _beginnings: Mapping[str, Callable[[Stack], None]] = {
        "postgres": _begin_postgres,
        "valkey": _begin_valkey,
        "sandbox": _begin_sandbox,
        "receiver": _begin_receiver,
        "web": _begin_web,
        "worker": _begin_worker,
        "chat": _begin_chat,
        "beat": _begin_beat,
    }

    _answers: Mapping[str, Callable[[Stack], bool]] = {
        "postgres": lambda self: self._servers["postgres"].answers(),
        "valkey": lambda self: self._servers["valkey"].answers(),
        "sandbox": lambda self: _is_ok(f"{self.stripe_api_base}/_sandbox/health"),
        "receiver": lambda self: _is_ok(f"{self.receiver_url}/health"),
        "web": lambda self: _is_ok(f"{self.base_url}/health/live") and self._has_children("web"),
        "worker": lambda self: self._has_children("worker"),
        "chat": lambda self: (self.places.logs / "chat.ready").exists(),
        "beat": lambda self: any(self.places.beat.iterdir()),
    }

    def _has_children(self, name: str) -> bool:
        """Say whether the processes of a pool have been forked; where that cannot be seen, believe it."""
        wanted = {"web": self._web_processes, "worker": WORKER_PROCESSES}[name]
        return sys.platform != "linux" or len(self.processes.ids(name)) > wanted


def _is_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback processes
            return True
    except OSError:
        return False
