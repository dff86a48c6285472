"""An agent that notes how long each answer takes, and repeats a call until it is decided, as the protocol asks."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import urllib3

from agents.client import API_VERSION
from agents.demo.facts import ready_document
from agents.soak.world import World
from tests.journeys.running import wait_until
from tests.journeys.shopper import Shopper
from tests.waiting import HANG_GUARD


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, and after how many seconds."""

    status: int
    body: Any
    raw: bytes
    retry_after: str | None

    @property
    def error(self) -> tuple[int, str, str, str | None]:
        """What an agent that was turned away goes by: status, type, code, and when to come again."""
        return self.status, self.body["type"], self.body["code"], self.retry_after


UNAVAILABLE = (503, "service_unavailable", "service_unavailable", "2")


class Shop:
    """A world as the shopper of the journeys knows it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ready(self) -> dict[str, Any]:
        return ready_document(self.world.stack, self.world.facts)


class Caller:
    """Buys one thing, call by call."""

    def __init__(self, world: World) -> None:
        self.shopper = Shopper(Shop(world))
        self._http = urllib3.PoolManager(retries=False, timeout=HANG_GUARD, maxsize=64)
        self._headers = {
            "Authorization": f"Bearer {self.shopper.ready['agent_key']}",
            "API-Version": API_VERSION,
            "Content-Type": "application/json",
        }

    def call(self, method: str, path: str, body: Any = None, *, key: str = "") -> Answer:
        headers = {**self._headers, "Idempotency-Key": key or str(uuid.uuid4())}
        sent = None if body is None else json.dumps(body).encode()
        came = self._http.request(method, self.shopper.ready["base_url"] + path, body=sent, headers=headers)
        is_json = came.headers.get("Content-Type", "").startswith("application/json")
        told = came.json() if is_json else None
        return Answer(came.status, told, came.data, came.headers.get("Retry-After"))

    def read(self, session: Any) -> Answer:
        return self.call("GET", f"/acp/checkout_sessions/{session['id']}")

    def ready_to_pay(self) -> tuple[Any, Payment]:
        """Open a session that can be paid, and mint a token for its total."""
        session = self.shopper.choose(self.shopper.create())
        return session, Payment(self, session)


class Payment:
    """One complete call under one key, however often it is made."""

    def __init__(self, caller: Caller, session: Any) -> None:
        self._caller = caller
        self._path = f"/acp/checkout_sessions/{session['id']}/complete"
        self._body = caller.shopper.payment(session)
        self._key = str(uuid.uuid4())

    def make(self) -> Answer:
        return self._caller.call("POST", self._path, self._body, key=self._key)

    def insist(self) -> Answer:
        """Repeat the call for as long as the shop asks for it, and return the answer that decides."""
        answers: list[Answer] = []

        def is_decided() -> bool:
            answers.append(self.make())
            return answers[-1].status not in (409, 503)

        wait_until(is_decided, "the payment was not decided")
        return answers[-1]
