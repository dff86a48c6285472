"""A real sandbox process for the session, and a fresh account with its own ledger for every test."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
import stripe
import urllib3

from tests.payments.sandbox.asking_for_chaos import Ask, send
from tests.payments.sandbox.running import RunningSandbox
from tests.waiting import HANG_GUARD

stripe.enable_telemetry = False
PINNED = stripe.api_version
PREVIEW = "2026-04-22.preview"
CONNECTIONS = urllib3.PoolManager(maxsize=32, timeout=5 * HANG_GUARD)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came over the wire."""

    status: int
    headers: urllib3.HTTPHeaderDict
    raw: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.raw)

    @property
    def error(self) -> Any:
        return self.json["error"]


Wire = Callable[..., Answer]
Ledger = Callable[[], list[tuple[str, int]]]
Pass = Callable[[int], list[str]]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    running = RunningSandbox(
        tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite3", "--webhook-retry-delays", "0.1,0.2,0.4"
    )
    yield running
    assert running.stop() == 0


@pytest.fixture
def key() -> str:
    return "sk_test_" + secrets.token_hex(12)


@pytest.fixture
def client(sandbox: RunningSandbox, key: str) -> stripe.StripeClient:
    return connect(sandbox.base_url, key)


@pytest.fixture
def wire(sandbox: RunningSandbox, key: str) -> Wire:
    """Send a request without the SDK: `wire("POST", path, {"a[b]": 1}, {"Stripe-Version": …})`."""

    def send(method: str, path: str, params: Any = None, headers: dict[str, str] | None = None) -> Answer:
        encoded = params if isinstance(params, (str, bytes)) else urlencode(params or {})
        url = sandbox.base_url + path
        if method != "POST" and encoded:
            url += f"?{encoded!s}"
        sent = {"Authorization": f"Bearer {key}", "Stripe-Version": PINNED, **(headers or {})}
        answer = CONNECTIONS.request(
            method, url, body=encoded if method == "POST" else None, headers=sent, retries=False
        )
        return Answer(answer.status, answer.headers, answer.data)

    return send


@pytest.fixture
def ledger(sandbox: RunningSandbox, key: str) -> Ledger:
    """Return the entries and amounts of this test's account, oldest first."""
    return lambda: entries(sandbox.base_url, key)


@pytest.fixture
def let_pass(sandbox: RunningSandbox, key: str) -> Pass:
    """Stop the clock of this test's account; advance it by seconds, and return the steps that were due."""
    stop_clock(sandbox.base_url, key)
    return lambda seconds: advance(sandbox.base_url, key, seconds)


@pytest.fixture
def rules(sandbox: RunningSandbox, key: str) -> Iterator[Ask]:
    """Ask for the rules of this test's account: `rules()`, `rules("POST", fault=…, …)`, `rules("DELETE")`."""

    def ask(method: str = "GET", **fields: object) -> Any:
        answer = send(sandbox, method, {"key": key, **fields})
        assert answer.status == 200, answer.data
        return answer.json()

    yield ask
    ask("DELETE")


def clock_of(base_url: str, key: str) -> Any:
    """Return what an account's clock shows and what is waited for."""
    return CONNECTIONS.request("GET", f"{base_url}/_sandbox/clock?key={key}", retries=False).json()


def stop_clock(base_url: str, key: str) -> None:
    """Let time pass for an account only when its clock is advanced."""
    answer = CONNECTIONS.request("POST", f"{base_url}/_sandbox/clock?key={key}&stop=1", retries=False)
    assert answer.status == 200, answer.data


def advance(base_url: str, key: str, seconds: int) -> list[str]:
    answer = CONNECTIONS.request("POST", f"{base_url}/_sandbox/clock?key={key}&advance={seconds}", retries=False)
    assert answer.status == 200, answer.data
    return [step["step"] for step in answer.json()["taken"]]


def connect(base_url: str, key: str) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": base_url}, max_network_retries=0)


def entries(base_url: str, key: str) -> list[tuple[str, int]]:
    answer = CONNECTIONS.request("GET", f"{base_url}/_sandbox/ledger?key={key}", retries=False)
    return [(row["entry"], row["amount"]) for row in answer.json()["rows"]]
