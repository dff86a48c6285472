"""How the Stripe SDK reaches its server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NoReturn

import stripe
import urllib3
from django.conf import settings

from commerce.failpoints import failpoint


def client_for(key: str, *, base: str = "") -> stripe.StripeClient:
    """Return a client for one account, at Stripe or at another server that speaks like it.

    All clients of a process share one pool of connections; whose account is meant goes along with each request.
    """
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        max_network_retries=settings.STRIPE_MAX_NETWORK_RETRIES,
        http_client=_transport(
            settings.STRIPE_CONNECT_TIMEOUT_SECONDS,
            settings.STRIPE_READ_TIMEOUT_SECONDS,
            settings.STRIPE_CALLS_AT_ONCE,
        ),
    )


@lru_cache(maxsize=4)
def _transport(connect_seconds: float, read_seconds: float, at_once: int) -> PooledHttpClient:
    return PooledHttpClient(connect_seconds=connect_seconds, read_seconds=read_seconds, at_once=at_once)


WAIT_SECONDS = 1.0
"""How long a call waits for another to end. Then it counts as not answered, and is made again later."""


class PooledHttpClient(stripe.HTTPClient):
    """The SDK's transport over one pool of kept connections, shared by all threads of a process.

    No more than so many calls are under way at once: a provider that hangs keeps the threads of buyers who pay,
    and those of everybody else stay free.
    """

    name = "urllib3"

    def __init__(self, *, connect_seconds: float, read_seconds: float, at_once: int) -> None:
        super().__init__()
        self._places = threading.BoundedSemaphore(at_once)
        self._pool = urllib3.PoolManager(
            maxsize=64,
            retries=False,
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            ca_certs=stripe.ca_bundle_path,
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        with self._place():
            failpoint("provider.before_send")
            try:
                response = self._pool.request(
                    method.upper(), url, body=post_data, headers=dict(headers or {}), redirect=False
                )
            except urllib3.exceptions.HTTPError as problem:
                self._fail(problem)
            failpoint("provider.after_send")
        return response.data.decode(), response.status, response.headers

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                "Too many calls of this process are not answered yet.", should_retry=False
            )
        try:
            yield
        finally:
            self._places.release()

    def close(self) -> None:
        self._pool.clear()

    def _fail(self, problem: urllib3.exceptions.HTTPError) -> NoReturn:
        # Who did not answer in time is asked again later, by whoever has the time, and not in this very call.
        should_retry = not isinstance(problem, (urllib3.exceptions.SSLError, urllib3.exceptions.ReadTimeoutError))
        raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
            str(problem), should_retry=should_retry
        ) from problem
