"""What every agent API shares: who calls, one answer for one key, headers on every response.

Order of checks: route, authentication (401), scope (403), version (400), key (400), body (413, 415, 400),
idempotency (422, 409), and only then the work.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.authentication import AgentKeyAuthentication
from agents.errors import RequestError
from agents.json_body import JsonBody, read_json
from agents.throttling import Window
from commerce import clock
from commerce.accounts.services import Caller
from commerce.errors import CommerceError
from commerce.failpoints import failpoint
from commerce.idempotency.services import (
    Answer,
    Claim,
    Receipt,
    answer_write,
    claim,
    forget,
    keep_answer,
    release,
)
from commerce.statements import Write

logger = logging.getLogger(__name__)

T = TypeVar("T")

_requests = Window("requests")

MAX_KEY_LENGTH = 255


class AgentView(APIView):
    """An endpoint for agents. Subclasses name the scope a key needs and how errors are written."""

    authentication_classes = [AgentKeyAuthentication]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    http_method_names = ["get", "post", "put"]
    scope = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, and refuse a key without the scope or beyond its rate."""
        super().initial(request, *args, **kwargs)
        if "\x00" in request.path:
            raise NotFound("There is no such address.")
        caller = caller_of(request)
        if self.scope not in caller.scopes:
            raise PermissionDenied(f"This key does not have the scope '{self.scope}'.")
        _requests.count(caller.key_id, limit=settings.AGENT_REQUESTS_PER_MINUTE)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: ARG002
        """Answer JSON whatever is asked for: agents send all kinds of Accept headers."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    def finalize_response(
        self, request: Request, response: Response | HttpResponse, *args: Any, **kwargs: Any
    ) -> Response:
        """Put the headers that the protocols ask for on every response, errors included."""
        finished = super().finalize_response(request, cast(Response, response), *args, **kwargs)
        add_common_headers(request._request, finished)
        if finished.status_code == 405:
            finished["Allow"] = self._allowed_now(request)
        return finished

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Add nothing to every response beside what the protocols ask for."""
        return {}

    def _allowed_now(self, request: Request) -> str:
        """Name the methods of the address; of a thing that is over, only reading is left."""
        is_over = request.method in self.allowed_methods
        return "GET" if is_over else ", ".join(self.allowed_methods)

    def decode_errors(self, problem: Exception) -> tuple[int, bytes]:
        """Write a refusal of the work as status and body. For subclasses."""
        raise problem

    def answer_once(
        self,
        request: Request,
        *,
        render: Callable[[T], tuple[int, bytes]],
        work: Callable[[JsonBody, Receipt[T]], T],
        may_be_empty: bool = False,
        is_key_required: bool = True,
    ) -> HttpResponse:
        """Do the work of a request once for its key, or repeat the answer it got the first time.

        `work` gets the body and a receipt to send along with what it writes. Refusals below 500 are kept
        like any answer; what is busy or broken gives the key back, to the same request.
        """
        key = idempotency_key(request._request, is_required=is_key_required)
        body = read_json(request._request, may_be_empty=may_be_empty)
        if key is None:
            return json_response(*render(work(body, lambda _: ())))
        failpoint("request.before_claim")
        claimed = claim(
            caller=caller_of(request).agent_id,
            path=f"{request.method} {request.path}"[:255],
            key=key,
            fingerprint=body.fingerprint,
            now=clock.now(),
        )
        if isinstance(claimed, Answer):
            response = json_response(claimed.status, claimed.body)
            response["Idempotent-Replayed"] = "true"
            return response
        failpoint("request.after_claim")
        status, content = self._do(claimed, body, render, work)
        failpoint("request.before_answer")
        return json_response(status, content)

    def _do(
        self,
        claimed: Claim,
        body: JsonBody,
        render: Callable[[T], tuple[int, bytes]],
        work: Callable[[JsonBody, Receipt[T]], T],
    ) -> tuple[int, bytes]:
        answering = _Answering(claimed, render)
        try:
            return answering.finish(work(body, answering.receipt))
        except (CommerceError, RequestError) as problem:
            status, content = self.decode_errors(problem)
            if status == 429:
                forget(claimed)
                raise
            if status >= 500 or status == 409:
                release(claimed, now=clock.now())
                raise
            keep_answer(claimed, status=status, body=content)
            return status, content
        except Exception:
            release(claimed, now=clock.now())
            raise


class _Answering(Generic[T]):
    """Renders a result once: into the work's own transaction where the work lets it, else after it."""

    def __init__(self, claimed: Claim, render: Callable[[T], tuple[int, bytes]]) -> None:
        self._claimed = claimed
        self._render = render
        self._answered: tuple[T, tuple[int, bytes]] | None = None

    def receipt(self, result: T) -> Sequence[Write]:
        status, body = self._render(result)
        self._answered = (result, (status, body))
        return [answer_write(self._claimed, status=status, body=body)]

    def finish(self, result: T) -> tuple[int, bytes]:
        if self._answered is not None and self._answered[0] is result:
            return self._answered[1]
        status, body = self._render(result)
        keep_answer(self._claimed, status=status, body=body)
        return status, body


def caller_of(request: Request) -> Caller:
    """Return who makes an authenticated request."""
    caller = request.auth
    if not isinstance(caller, Caller):
        raise TypeError("the request is not authenticated")
    return caller


def idempotency_key(request: HttpRequest, *, is_required: bool = True) -> str | None:
    """Return the request's key. Raises RequestError where it is missing, too long or unprintable."""
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None or not key.strip():
        if not is_required:
            return None
        raise RequestError(
            400, "idempotency_key_required", "Idempotency-Key header is required on all POST requests"
        )
    if len(key) > MAX_KEY_LENGTH:
        raise RequestError(400, "invalid", f"Idempotency-Key is longer than {MAX_KEY_LENGTH} characters.")
    if not key.isprintable() or not key.isascii():
        raise RequestError(400, "invalid", "Idempotency-Key must be printable ASCII.")
    return key


def request_key(request: Request) -> str:
    """Return by what a repetition of this very request is known, whatever became of the first."""
    caller, key = caller_of(request), request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    return hashlib.sha256(f"{caller.agent_id}\n{request.path}\n{key}".encode()).hexdigest()


def json_response(status: int, body: bytes) -> HttpResponse:
    """Return bytes that are JSON already."""
    return HttpResponse(body, status=status, content_type="application/json")


def add_common_headers(request: HttpRequest, response: HttpResponse | Response) -> None:
    """Echo the request's ids and forbid shared caches to keep what is personal."""
    for name, variable in _ECHOED.items():
        value = request.META.get(variable)
        if value and len(value) <= MAX_KEY_LENGTH and value.isprintable() and value.isascii():
            response[name] = value
    response["Cache-Control"] = "no-store"


_ECHOED = {"Request-Id": "HTTP_REQUEST_ID", "Idempotency-Key": "HTTP_IDEMPOTENCY_KEY"}
