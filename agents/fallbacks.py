"""Answers to requests that reach no view: JSON for agents, pages for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from agents.acp.errors import PROCESSING_ERROR, error_body
from agents.http import add_common_headers, json_response

API_PREFIXES = ("/acp/", "/agent/", "/catalog/", "/.well-known/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses by itself, such as a host that is not ours."""
    if not request.path.startswith(API_PREFIXES):
        return defaults.bad_request(request, exception)
    return _answer(request, 400, error_body("invalid", "The request was refused."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(API_PREFIXES):
        return defaults.page_not_found(request, exception)
    return _answer(request, 404, error_body("not_found", "There is no such address."))


def server_error(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith(API_PREFIXES):
        return defaults.server_error(request)
    text = "Something went wrong on our side; the call may be repeated."
    return _answer(request, 500, error_body("internal_error", text, kind=PROCESSING_ERROR))


def _answer(request: HttpRequest, status: int, body: bytes) -> HttpResponse:
    response = json_response(status, body)
    add_common_headers(request, response)
    return response
