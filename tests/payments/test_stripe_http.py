"""How calls to the provider share a process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from commerce.payments import stripe_http
from commerce.payments.stripe_http import PooledHttpClient


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_call_too_many_is_turned_away_soon(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_http, "WAIT_SECONDS", 0.05)
    client = PooledHttpClient(connect_seconds=1, read_seconds=0.4, at_once=2)

    def call(_: int) -> str:
        with pytest.raises(stripe.APIConnectionError) as problem:
            client.request("GET", silent, {})
        return str(problem.value)

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(call, range(3)))

    assert ["Too many calls" in text for text in sorted(told)].count(True) == 1
    assert "Too many calls" not in call(3)  # the places are free again
