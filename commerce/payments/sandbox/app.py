"""The WSGI application: Stripe's API under /v1, and what people and tests look at under /_sandbox/."""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from commerce.payments.sandbox import broken_connections, challenge_pages, chaos_control, controls
from commerce.payments.sandbox.accounts import Accounts
from commerce.payments.sandbox.api import Answer, Api, Request
from commerce.payments.sandbox.api_faults import FaultyApi
from commerce.payments.sandbox.chaos import Chaos
from commerce.payments.sandbox.chaos_control import ChaosControl
from commerce.payments.sandbox.chaos_pages import ChaosPages
from commerce.payments.sandbox.errors import InvalidParameter
from commerce.payments.sandbox.pages import Pages
from commerce.payments.sandbox.store import Store
from commerce.payments.sandbox.timekeeper import Timekeeper
from commerce.payments.sandbox.versions import DEFAULT_ACCOUNT_VERSION, parse_version
from commerce.payments.sandbox.webhook_delivery import RETRY_DELAYS, TIMEOUT, Courier
from commerce.payments.sandbox.webhook_faults import WebhookFaults

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
    webhook_timeout: float = TIMEOUT,
) -> "WSGIApplication":
    """Return the application over a SQLite file, which is created if need be, with its courier running."""
    version = parse_version(account_version)
    store = Store(path)
    chaos = Chaos()
    webhook_faults = WebhookFaults(store, chaos)
    courier = Courier(store, version, retry_delays, timeout=webhook_timeout, faults=webhook_faults)
    webhook_faults.tells(courier.call)
    api = FaultyApi(Api(store, courier, clock=clock, account_version=version), chaos, webhook_faults)
    pages = Pages(store, chaos, clock=clock, account_version=version)
    accounts = Accounts(store, courier, real_time=clock, account_version=version)
    timekeeper = Timekeeper(store, accounts)
    challenges = challenge_pages.ChallengePages(store, accounts)
    clock_control = controls.ClockControl(store, timekeeper, real_time=clock)
    rules = ChaosControl(chaos, webhook_faults)
    rule_pages = ChaosPages(store, chaos, rules)
    timekeeper.start()
    courier.start()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == controls.PATH:
            answer = clock_control.answer(method, _form_text(environ))
        elif path == chaos_control.PATH:
            answer = _chaos_answer(rules, rule_pages, environ)
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
        return [answer.body] if not answer.breaks else _broken(answer, environ)

    return application


def _broken(answer: Answer, environ: "WSGIEnvironment") -> Iterable[bytes]:
    """Send less of an answer than its headers promise."""
    break_off = broken_connections.reset if answer.breaks == "reset" else broken_connections.truncated
    return break_off(answer.body, int(environ["SERVER_PORT"]))


def _form_text(environ: "WSGIEnvironment") -> str:
    """Return the parameters of a request to the sandbox itself, from its query and its form."""
    body = environ["wsgi.input"].read(MAX_BODY)
    return "&".join(part for part in (environ.get("QUERY_STRING", ""), body.decode(errors="replace")) if part)


def _api_answer(api: FaultyApi, environ: "WSGIEnvironment") -> Answer:
    body = environ["wsgi.input"].read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return _refused(413, "Invalid request: the body is too large.")
    if len(body) < int(environ.get("CONTENT_LENGTH") or 0):  # whoever sent it died meanwhile
        return _refused(400, "Invalid request: the body is incomplete.")
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


def _chaos_answer(rules: ChaosControl, pages: ChaosPages, environ: "WSGIEnvironment") -> Answer:
    """Answer people with a page and programs with JSON."""
    method, text = environ["REQUEST_METHOD"], _form_text(environ)
    if method not in ("GET", "HEAD") and _is_from_elsewhere(environ):
        return _refused(403, "Another site's page may not ask for chaos.")
    is_browser = method in ("GET", "HEAD", "POST") and "text/html" in environ.get("HTTP_ACCEPT", "")
    return pages.answer(method, text) if is_browser else rules.answer(method, text)


def _is_from_elsewhere(environ: "WSGIEnvironment") -> bool:
    """Tell whether a browser sends a request for a page of another site."""
    return environ.get("HTTP_ORIGIN") not in (None, _origin(environ))


def _refused(status: int, message: str) -> Answer:
    return Answer(status, orjson.dumps(InvalidParameter(message).body()))
