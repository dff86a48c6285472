"""What an agent does: create, read, choose another shipping, pay with a freshly minted token."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.bench.connection import Connection

ADDRESS = {
    "name": "Ada Park",
    "line_one": "1234 Chat Road",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94131",
}
BUYER = {"first_name": "Ada", "last_name": "Park", "email": "ada.park@example.com"}


@dataclass(slots=True)
class Target:
    """A running stack: the ready file of `manage.py demo --serve`."""

    acp_base_url: str
    agent_key: str
    items: list[str]
    handler_id: str
    stripe_api_base: str
    stripe_secret_key: str
    tokens: list[str] = field(default_factory=list)
    """Minted beforehand, where minting should not be part of what is measured."""

    @classmethod
    def from_ready_file(cls, ready: dict[str, Any], items: list[str] | None = None) -> Target:
        names = ("acp_base_url", "agent_key", "handler_id", "stripe_api_base", "stripe_secret_key")
        return cls(items=items or ready["items"]["in_stock"], **{name: ready[name] for name in names})


@dataclass(slots=True)
class Recorder:
    """Times in seconds by step, counted only while `is_on`."""

    is_on: bool = False
    steps: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)

    def add(self, step: str, seconds: float) -> None:
        if self.is_on:
            self.steps.setdefault(step, []).append(seconds)

    def fail(self, what: str) -> None:
        self.errors[what] = self.errors.get(what, 0) + 1


class StepError(Exception):
    pass


class Buyer:
    """One buyer with its own connections, buying again and again."""

    def __init__(self, target: Target, recorder: Recorder, number: int) -> None:
        self._target = target
        self._recorder = recorder
        self._shop = Connection(target.acp_base_url)
        self._provider = Connection(target.stripe_api_base)
        self._random = random.Random(number)
        self._keys = (f"{number}-{time.time_ns():x}-{n}" for n in itertools.count())
        self._headers = (
            f"Authorization: Bearer {target.agent_key}\r\nAPI-Version: 2026-04-17\r\n"
            "Content-Type: application/json\r\n"
        ).encode()

    async def buy_until(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            try:
                await self._buy()
            except (StepError, ConnectionError, TimeoutError) as problem:
                self._recorder.fail(str(problem)[:200])
                await asyncio.sleep(0.01)

    async def _buy(self) -> None:
        started = time.perf_counter()
        session = await self._step("create", "POST", "/checkout_sessions", self._new_session())
        path = f"/checkout_sessions/{session['id']}"
        await self._step("read", "GET", path)
        session = await self._step("update", "POST", path, _choice(session))
        before_minting = time.perf_counter()
        token = await self._token(session["totals"][-1]["amount"])
        minting = time.perf_counter() - before_minting
        done = await self._step("complete", "POST", f"{path}/complete", self._payment(token))
        if done["status"] != "completed":
            raise StepError(f"complete: {done['status']} {json.dumps(done['messages'])}")
        self._recorder.add("checkout", time.perf_counter() - started - minting)

    async def _step(self, name: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = json.dumps(body).encode() if body is not None else b""
        headers = self._headers
        if method == "POST":
            headers += f"Idempotency-Key: {next(self._keys)}\r\n".encode()
        started = time.perf_counter()
        status, answer = await self._shop.request(method, path, content, headers)
        self._recorder.add(name, time.perf_counter() - started)
        if status not in (200, 201):
            raise StepError(f"{name}: {status} {answer[:150]!r}")
        return json.loads(answer)

    async def _token(self, amount: int) -> str:
        if self._target.tokens:
            return self._target.tokens.pop()
        return await mint(self._provider, self._target.stripe_secret_key, amount)

    def _new_session(self) -> dict[str, Any]:
        return {
            "currency": "usd",
            "line_items": [{"id": self._random.choice(self._target.items), "quantity": 1}],
            "buyer": BUYER,
            "fulfillment_details": {"name": "Ada Park", "address": ADDRESS},
            "capabilities": {"interventions": {"supported": ["3ds"]}, "extensions": ["discount"]},
        }

    def _payment(self, token: str) -> dict[str, Any]:
        credential = {"type": "spt", "token": token}
        return {
            "payment_data": {
                "handler_id": self._target.handler_id,
                "instrument": {"type": "card", "credential": credential},
                "billing_address": ADDRESS,
            }
        }


async def mint(provider: Connection, secret_key: str, amount: int) -> str:
    """Have a token granted that pays once."""
    form = {
        "payment_method": "pm_card_visa",
        "usage_limits[currency]": "usd",
        "usage_limits[max_amount]": amount,
    }
    headers = (
        f"Authorization: Bearer {secret_key}\r\n"
        "Stripe-Version: 2026-04-22.preview\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    ).encode()
    path = "/v1/test_helpers/shared_payment/granted_tokens"
    status, answer = await provider.request("POST", path, urlencode(form).encode(), headers)
    if status != 200:
        raise StepError(f"mint: {status} {answer[:150]!r}")
    return str(json.loads(answer)["id"])


async def premint(target: Target, *, count: int, at_once: int = 8) -> list[str]:
    """Have tokens granted for any amount a bench buys for."""
    tokens: list[str] = []

    async def some() -> None:
        provider = Connection(target.stripe_api_base)
        while len(tokens) < count:
            tokens.append(await mint(provider, target.stripe_secret_key, 1_000_000))
        provider.close()

    await asyncio.gather(*(some() for _ in range(at_once)))
    return tokens


def _choice(session: dict[str, Any]) -> dict[str, Any]:
    """Choose the last way to send it: never what was chosen already."""
    option = [one for one in session["fulfillment_options"] if one["type"] == "shipping"][-1]
    chosen = {"type": option["type"], "option_id": option["id"], "item_ids": []}
    return {"selected_fulfillment_options": [chosen]}


async def hello_until(base_url: str, recorder: Recorder, is_over: Callable[[], bool]) -> None:
    """Ask for the smallest answer the server has, again and again."""
    connection = Connection(base_url)
    while not is_over():
        started = time.perf_counter()
        status, _ = await connection.request("GET", "/health/live")
        recorder.add("hello", time.perf_counter() - started)
        if status != 200:
            recorder.fail(f"hello: {status}")
    connection.close()
