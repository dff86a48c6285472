"""The WSGI application: Stripe's API under /v1, and what people and tests look at under /_sandbox/."""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from commerce.payments.sandbox import challenge_pages, controls
from commerce.payments.sandbox.accounts import Accounts
from commerce.payments.sandbox.api import Answer, Api, Request
from commerce.payments.sandbox.errors import InvalidParameter
from commerce.payments.sandbox.pages import Pages
from commerce.payments.sandbox.store import Store
from commerce.payments.sandbox.timekeeper import Timekeeper
from commerce.payments.sandbox.versions import DEFAULT_ACCOUNT_VERSION, parse_version
from commerce.payments.sandbox.webhook_delivery import RETRY_DELAYS, Courier

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY = 1024 * 1024
REASONS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def create_app(
    path: Path,
    *,
    clock: Callable[[], float] = time.time,
    account_version: str = DEFAULT_ACCOUNT_VERSION,
    retry_delays: tuple[float, ...] = RETRY_DELAYS,
) -> "WSGIApplication":
    """Return the application over a SQLite file, which is created if need be, with its courier running."""
    version = parse_version(account_version)
    store = Store(path)
    courier = Courier(store, version, retry_delays)
    api = Api(store, courier, clock=clock, account_version=version)
    pages = Pages(store, clock=clock, account_version=version)
    accounts = Accounts(store, courier, real_time=clock, account_version=version)
    timekeeper = Timekeeper(store, accounts)
    challenges = challenge_pages.ChallengePages(store, accounts)
    clock_control = controls.ClockControl(store, timekeeper, real_time=clock)
    timekeeper.start()
    courier.start()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == controls.PATH:
            answer = clock_control.answer(method, _form_text(environ))
        elif path.startswith(challenge_pages.PATH):
            answer = challenges.answer(method, path, _form_text(environ), _origin(environ))
        elif path.startswith("/_sandbox"):
            answer = pages.answer(method, path, environ.get("QUERY_STRING", ""))
        else:
            answer = _api_answer(api, environ)
        headers = {
            "Content-Type": "application/json",
            **answer.headers,
            "Content-Length": str(len(answer.body)),
        }
        start_response(REASONS[answer.status], list(headers.items()))
        return [answer.body]

    return application


def _form_text(environ: "WSGIEnvironment") -> str:
    """Return the parameters of a request to the sandbox itself, from its query and its form."""
    body = environ["wsgi.input"].read(MAX_BODY)
    return "&".join(part for part in (environ.get("QUERY_STRING", ""), body.decode(errors="replace")) if part)


def _api_answer(api: Api, environ: "WSGIEnvironment") -> Answer:
    body = environ["wsgi.input"].read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return _refused(413, "Invalid request: the body is too large.")
    try:
        text = "&".join(part for part in (environ.get("QUERY_STRING", ""), body.decode()) if part)
    except UnicodeDecodeError:
        return _refused(400, "Invalid request: the body is not UTF-8.")
    return api.answer(
        Request(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            text=text,
            origin=_origin(environ),
            authorization=environ.get("HTTP_AUTHORIZATION", ""),
            version=environ.get("HTTP_STRIPE_VERSION", ""),
            idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY", ""),
            connected_account=environ.get("HTTP_STRIPE_ACCOUNT", ""),
        )
    )


def _origin(environ: "WSGIEnvironment") -> str:
    """Return the address the sandbox was called at."""
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return f"http://{host}"


def _refused(status: int, message: str) -> Answer:
    return Answer(status, orjson.dumps(InvalidParameter(message).body()))
