"""Who is calling: a bearer token that names an agent and its merchant, and a signature where one is asked."""

from __future__ import annotations

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from agents.signatures import check_request_signature
from agents.throttling import Window
from commerce import clock
from commerce.accounts.services import Caller, UnknownKeyError, authenticate
from commerce.client_address import client_address

_failures = Window("failed-logins")


class AgentKeyAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <agent key>`. Sets `request.auth` to the `Caller`."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthenticated("An Authorization header with a bearer token is required.")
        try:
            caller = authenticate(token.strip(), now=clock.now())
        except UnknownKeyError as problem:
            _failures.count(client_address(request._request), limit=settings.FAILED_LOGINS_PER_MINUTE)
            raise AuthenticationFailed(problem.message) from problem
        if caller.signature_algorithm:
            check_request_signature(request._request, caller, now=clock.now())
        return None, caller

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        return "Bearer"
