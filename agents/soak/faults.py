"""What breaks while agents buy, decided by a seed: processes, single steps of them, the provider's answers."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import psycopg
import redis

from agents.client import Http, RefusedError
from agents.demo.processes import ProcessEndedError
from agents.soak.world import World
from commerce.embedded import EmbeddedServerError

TICK_SECONDS = 1.0
KILLS_A_REACH = 0.01
"""A failpoint is reached many times a purchase, and a process takes a second to come back."""

CALLS = "* /v1/[pr]*"
"""The shop's own calls, about payments and refunds; the agents' tokens are minted past the chaos."""

PROVIDER_FAULTS: Mapping[str, str] = {
    "delay": "0.5",
    "hang_before": "6",
    "hang_after": "6",
    "error_before": "",
    "error_before_kept": "",
    "error_after": "",
    "error_after_unkept": "",
    "reset": "",
    "truncate": "",
    "rate_limit": "",
    "conflict": "2",
    "bad_gateway": "",
    "bad_gateway_after": "",
}
WEBHOOK_FAULTS: Mapping[str, str] = {
    "webhook_duplicate": "",
    "webhook_shuffle": "",
    "webhook_hold": "",
    "webhook_drop": "",
    "webhook_early": "",
}


class Faults:
    """Breaks a world at a rate. Each kind of process fault happens in so many of the seconds, each fault of the
    provider in so many of the calls or events, each failpoint in a hundredth as many of the times it is reached.
    """

    def __init__(self, world: World, *, rate: float, seed: int) -> None:
        self._world = world
        self._rate = rate
        self._seed = seed
        self._chance = random.Random(f"faults:{seed}")  # noqa: S311 - to be repeatable
        self._pause_between = threading.Event()
        self._paused: dict[str, float] = {}
        self._down: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self._hits = world.places.directory / "failpoints.log"
        self._provider = Http(world.stack.stripe_api_base)

    def environment(self) -> dict[str, str]:
        """Return what arms the failpoints of processes to come."""
        probability = self._rate * KILLS_A_REACH
        if not probability:
            return {}
        return {
            "FAILPOINTS": f"*.before_*=kill:{probability},*.after_*=kill:{probability}",
            "FAILPOINT_LOG": str(self._hits),
        }

    def begin(self) -> None:
        """Have the provider misbehave."""
        for number, (fault, seconds) in enumerate({**PROVIDER_FAULTS, **WEBHOOK_FAULTS}.items()):
            call = CALLS if fault in PROVIDER_FAULTS else "*"
            rule = {"call": call, "fault": fault, "probability": self._rate, "seed": self._seed * 100 + number}
            self._chaos("POST", {**rule, **({"seconds": seconds} if seconds else {})})

    def tick(self) -> None:
        """Mend what has been broken for long enough, and break something. Takes about a second."""
        started = time.monotonic()
        self._mend()
        for kind, breaking in self._kinds.items():
            if self._chance.random() < self._rate:
                self._counts[kind] += bool(breaking(self))
        self._pause_between.wait(max(TICK_SECONDS - (time.monotonic() - started), 0.05))

    def end(self) -> None:
        """Break nothing any more: what is paused goes on, what is dead comes back, the provider behaves."""
        self._keep_provider_counts()
        for name in [*self._paused]:
            self._world.go_on(name)
        self._paused.clear()
        self._down.clear()
        self._world.tell({})
        self._revive()
        self._chaos("DELETE", {})
        self._world.restart("beat", "chat", "worker", "web")

    def counts(self) -> dict[str, int]:
        """Return how often each kind of fault happened."""
        reached: Counter[str] = Counter()
        if self._hits.exists():
            for line in self._hits.read_text().splitlines():
                reached[f"killed at {line.split()[0]}"] += 1
        return dict(sorted((self._counts + reached).items()))

    def _mend(self) -> None:
        moment = time.monotonic()
        for name in [name for name, until in self._paused.items() if until <= moment]:
            self._world.go_on(name)
            del self._paused[name]
        fallen = [*self._world.processes.fallen()]
        for name in fallen:
            self._down.setdefault(name, moment + self._chance.uniform(0, 2))
        if any(self._down.get(name, 0) <= moment for name in fallen):
            self._revive()

    def _revive(self) -> None:
        """Start again what is dead. What does not come back now does so the next time."""
        try:
            for name in self._world.revive():
                self._down.pop(name, None)
                if name == "sandbox":
                    self.begin()
        except (ProcessEndedError, TimeoutError, EmbeddedServerError, RefusedError):
            self._counts["came back only later"] += 1

    def _kill(self, name: str) -> bool:
        if name == "sandbox":
            self._keep_provider_counts()
        self._world.kill(name)
        return True

    def _kill_child(self, name: str) -> bool:
        return self._world.kill_child(name, self._chance.randrange(8))

    def _pause(self, name: str, seconds: float) -> bool:
        if name in self._paused:
            return False
        self._world.pause(name)
        self._paused[name] = time.monotonic() + self._chance.uniform(seconds / 4, seconds)
        return True

    def _flush(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self._world.stack.redis_url, socket_timeout=2).flushall())
        except redis.RedisError:
            return False

    def _terminate_backends(self) -> bool:
        """Cut every connection of the shop to PostgreSQL, as a failover does."""
        try:
            with psycopg.connect(self._world.stack.database_url, autocommit=True, connect_timeout=2) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                )
        except psycopg.OperationalError:
            return False
        return True

    _kinds: Mapping[str, Callable[[Faults], bool]] = {
        "one web process killed": lambda self: self._kill_child("web"),
        "web killed": lambda self: self._kill("web"),
        "one worker process killed": lambda self: self._kill_child("worker"),
        "worker killed": lambda self: self._kill("worker"),
        "beat killed": lambda self: self._kill("beat"),
        "worker hangs": lambda self: self._pause("worker", 6),
        "beat hangs": lambda self: self._pause("beat", 10),
        "Valkey killed": lambda self: self._kill("valkey"),
        "Valkey hangs": lambda self: self._pause("valkey", 6),
        "Valkey flushed": lambda self: self._flush(),
        "PostgreSQL killed": lambda self: self._kill("postgres"),
        "PostgreSQL's connections cut": lambda self: self._terminate_backends(),
        "provider killed": lambda self: self._kill("sandbox"),
        "receiver killed": lambda self: self._kill("receiver"),
        "receiver hangs": lambda self: self._pause("receiver", 8),
    }

    def _keep_provider_counts(self) -> None:
        """Note how often the provider's rules hit, before it forgets them."""
        try:
            rules = self._chaos("GET", {})["rules"]
        except RefusedError:
            return
        for rule in rules:
            self._counts[f"provider: {rule['fault']}"] += rule["hits"]

    def _chaos(self, method: str, told: Mapping[str, object]) -> dict[str, Any]:
        form = urlencode({"key": self._world.stack.stripe_secret_key, **told})
        match method:
            case "POST":
                answer = self._provider.post("/_sandbox/chaos", form.encode())
            case "DELETE":
                answer = self._provider.delete(f"/_sandbox/chaos?{form}")
            case _:
                answer = self._provider.get(f"/_sandbox/chaos?{form}")
        return dict(answer)
