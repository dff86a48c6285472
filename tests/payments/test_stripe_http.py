"""How calls to the provider share a process."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from commerce.payments import stripe_http
from commerce.payments.stripe_http import PooledHttpClient
from tests.waiting import HANG_GUARD


def test_a_call_too_many_is_turned_away_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_http, "WAIT_SECONDS", 0.05)
    client = PooledHttpClient(connect_seconds=HANG_GUARD, read_seconds=HANG_GUARD, at_once=2)

    def call() -> str:
        with pytest.raises(stripe.APIConnectionError) as problem:
            client.request("GET", silent, {})
        return str(problem.value)

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(3) as pool:
        server.settimeout(HANG_GUARD)
        silent = f"http://127.0.0.1:{server.getsockname()[1]}"
        under_way = [pool.submit(call) for _ in range(2)]
        connections = [server.accept()[0] for _ in under_way]

        too_many = call()
        for connection in connections:
            connection.close()
        told = [one.result(HANG_GUARD) for one in under_way]
        after = pool.submit(call)
        server.accept()[0].close()  # the places are free again

        assert "Too many calls" in too_many
        assert not any("Too many calls" in text for text in (*told, after.result(HANG_GUARD)))
