"""What goes wrong, as ACP says it: a flat object with type, code, message and param, and an HTTP status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from pydantic import ValidationError
from rest_framework import exceptions, status

from agents.errors import RequestError
from agents.http import json_response
from commerce.errors import BusyError, CommerceError, UnavailableError
from commerce.postgres.failures import is_outage
from commerce.statements import LostUpdateError
from commerce.untrusted_json import json_path

logger = logging.getLogger(__name__)

INVALID_REQUEST = "invalid_request"
PROCESSING_ERROR = "processing_error"
SERVICE_UNAVAILABLE = "service_unavailable"

# The domain's codes with their HTTP status and ACP code; whatever is missing here is 400 with its own code.
DOMAIN_CODES: Mapping[str, tuple[int, str]] = {
    "not_found": (404, "not_found"),
    "unknown_item": (400, "invalid_item_id"),
    "unknown_option": (400, "invalid_fulfillment_option"),
    "unsupported_currency": (400, "unsupported_currency"),
    "authentication_needed": (400, "requires_3ds"),
    "other_token": (400, "invalid"),
    "session_closed": (405, "invalid_session_state"),
    "idempotency_conflict": (422, "idempotency_conflict"),
    "idempotency_in_flight": (409, "idempotency_in_flight"),
    "busy": (409, "conflict"),
    "unavailable": (503, "service_unavailable"),
    "shop_paused": (403, "shop_paused"),
    "agent_paused": (403, "agent_paused"),
}

# The domain's names for places, in the words of this protocol's requests.
PLACES: Mapping[str, tuple[str, ...]] = {
    "lines": ("line_items",),
    "options": ("selected_fulfillment_options",),
    "ids": ("item_ids",),
    "codes": ("discounts", "codes"),
    "recipient": ("fulfillment_details",),
    "region": ("state",),
    "payment": ("payment_data",),
    "authentication": ("authentication_result",),
    "token": ("payment_data", "instrument", "credential", "token"),
}


def param_of(target: tuple[str | int, ...]) -> str | None:
    """Write a domain target as JSONPath into an ACP request, None where nothing is named."""
    if not target:
        return None
    parts: list[str | int] = []
    for part in target:
        parts.extend(PLACES.get(part, (part,)) if isinstance(part, str) else (part,))
    return json_path(tuple(parts))


def error_body(
    code: str,
    message: str,
    *,
    kind: str = INVALID_REQUEST,
    param: str | None = None,
    supported_versions: list[str] | None = None,
) -> bytes:
    """Write an ACP Error."""
    body: dict[str, Any] = {"type": kind, "code": code, "message": message}
    if param is not None:
        body["param"] = param
    if supported_versions is not None:
        body["supported_versions"] = supported_versions
    return orjson.dumps(body)


def refusal(problem: CommerceError | RequestError) -> tuple[int, bytes]:
    """Map what the domain or the HTTP layer refuses to a status and an Error."""
    if isinstance(problem, RequestError):
        return problem.status, error_body(
            problem.code,
            problem.message,
            param=problem.param,
            supported_versions=problem.supported_versions,
        )
    http_status, code = DOMAIN_CODES.get(problem.code, (400, problem.code))
    kind = SERVICE_UNAVAILABLE if http_status >= 500 else INVALID_REQUEST
    return http_status, error_body(code, problem.message, kind=kind, param=param_of(problem.target))


def exception_response(problem: Exception) -> HttpResponse:
    """Answer any exception of a view; what nobody anticipated is logged and says nothing of its cause."""
    if isinstance(problem, (CommerceError, RequestError)):
        response = json_response(*refusal(problem))
        if isinstance(problem, (BusyError, UnavailableError)):
            response["Retry-After"] = str(problem.retry_after)
        if isinstance(problem, RequestError):
            for name, value in problem.headers.items():
                response[name] = value
        return response
    if isinstance(problem, exceptions.APIException):
        return _framework_response(problem)
    if is_outage(problem) or isinstance(problem, LostUpdateError):
        logger.error("the database did not do it: %s", type(problem).__name__, exc_info=problem)
        return unavailable()
    logger.error("unexpected failure", exc_info=problem)
    text = "Something went wrong on our side; the call may be repeated with the same Idempotency-Key."
    return json_response(500, error_body("internal_error", text, kind=PROCESSING_ERROR))


def unavailable() -> HttpResponse:
    """Answer that nothing is wrong with the request, which may be repeated."""
    text = "The service is overloaded or restarting; repeat the call."
    response = json_response(503, error_body(SERVICE_UNAVAILABLE, text, kind=SERVICE_UNAVAILABLE))
    response["Retry-After"] = "2"
    return response


_FRAMEWORK_CODES: tuple[tuple[type[exceptions.APIException], str], ...] = (
    (exceptions.NotAuthenticated, "unauthorized"),
    (exceptions.AuthenticationFailed, "unauthorized"),
    (exceptions.PermissionDenied, "forbidden"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotFound, "not_found"),
)


def _framework_response(problem: exceptions.APIException) -> HttpResponse:
    if isinstance(problem, exceptions.Throttled):
        seconds = max(int(getattr(problem, "wait", None) or 1), 1)
        body = error_body("rate_limited", f"Too many calls; wait {seconds} s.", kind=SERVICE_UNAVAILABLE)
        response = json_response(429, body)
        response["Retry-After"] = str(seconds)
        return response
    code = next((code for kind, code in _FRAMEWORK_CODES if isinstance(problem, kind)), "invalid")
    response = json_response(problem.status_code, error_body(code, str(problem.detail)))
    if problem.status_code == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def invalid_body(problem: ValidationError) -> RequestError:
    """Turn the first thing pydantic objects to into a refusal that names the place."""
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    path = json_path(tuple(first["loc"]))
    code = "missing" if first["type"] == "missing" else "invalid"
    return RequestError(400, code, f"{path}: {_sentence(first['msg'])}", param=path, is_kept=True)


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."
