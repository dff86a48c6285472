"""Answers to requests that reach no view: JSON for agents, pages for people."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from agents.acp.errors import PROCESSING_ERROR, error_body, unavailable
from agents.http import add_common_headers, json_response
from commerce.postgres.failures import is_outage

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
    """Answer what no view has; where only the database is away, that the request may be repeated."""
    if is_outage(sys.exc_info()[1]):
        return _unavailable(request)
    if not request.path.startswith(API_PREFIXES):
        return defaults.server_error(request)
    text = "Something went wrong on our side; the call may be repeated."
    return _answer(request, 500, error_body("internal_error", text, kind=PROCESSING_ERROR))


def _unavailable(request: HttpRequest) -> HttpResponse:
    response = unavailable()
    if request.path.startswith(API_PREFIXES):
        add_common_headers(request, response)
    else:
        response.content = render_to_string("503.html").encode()
        response["Content-Type"] = "text/html; charset=utf-8"
    return response


def _answer(request: HttpRequest, status: int, body: bytes) -> HttpResponse:
    response = json_response(status, body)
    add_common_headers(request, response)
    return response
