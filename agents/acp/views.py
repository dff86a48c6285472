"""The endpoints of ACP: translate in, one call into the domain, translate out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.utils.module_loading import import_string
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from agents.acp import documentation
from agents.acp.errors import exception_response, refusal
from agents.acp.v2026_04_17 import requests as incoming
from agents.acp.v2026_04_17.carts import cart
from agents.acp.v2026_04_17.presenters import checkout_session
from agents.acp.versions import SUPPORTED, require_version
from agents.errors import RequestError
from agents.guessing import by_agent, by_shopper, with_guesses_counted
from agents.http import AgentView, caller_of, json_response, request_key
from commerce import clock
from commerce.accounts.services import Caller
from commerce.carts import services as carts
from commerce.carts.document import CartView
from commerce.checkout import services as sessions
from commerce.checkout.commands import UNSET, CreateSession, UpdateSession
from commerce.checkout.complete import complete_session
from commerce.checkout.document import Session
from commerce.checkout.settlement import Outcome
from commerce.checkout.shop import Shop, shop_at
from commerce.errors import CommerceError
from commerce.idempotency.services import Receipt

T = TypeVar("T")


class AcpView(AgentView):
    """An endpoint that speaks ACP: needs a version, and writes errors the protocol's way."""

    schema = documentation.BearerSchema()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require_version(request._request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        finished = super().finalize_response(request, response, *args, **kwargs)
        if (version := request.META.get("HTTP_API_VERSION")) in SUPPORTED:
            finished["API-Version"] = version
        return finished

    def handle_exception(self, exc: Exception) -> Any:
        return exception_response(exc)

    def decode_errors(self, problem: Exception) -> tuple[int, bytes]:
        if isinstance(problem, (CommerceError, RequestError)):
            return refusal(problem)
        raise problem

    def shop(self, request: Request) -> Shop:
        caller = caller_of(request)
        return shop_at(caller.merchant_id, caller.merchant_revision)

    def show(self, request: Request, shop: Shop, *, status: int = 200) -> Callable[[Session], tuple[int, bytes]]:
        """Return what writes a session as the answer of this request."""

        def render(session: Session) -> tuple[int, bytes]:
            body = checkout_session(session, shop=shop, caller=caller_of(request))
            return status, orjson.dumps(body)

        return render


class CheckoutSessions(AcpView):
    scope = "checkout"

    @documentation.create_session
    def post(self, request: Request) -> HttpResponse:
        """Create a checkout session."""
        shop, caller = self.shop(request), caller_of(request)
        return self.answer_once(
            request,
            render=self.show(request, shop, status=201),
            work=lambda body, receipt: _created(shop, caller, incoming.create_command(body.value), receipt),
        )


class CheckoutSessionDetail(AcpView):
    scope = "checkout"

    @documentation.get_session
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """Retrieve a checkout session."""
        shop, caller = self.shop(request), caller_of(request)
        session, order = sessions.read_session(shop=shop, caller=caller, session_id=session_id, now=clock.now())
        body = checkout_session(session, shop=shop, caller=caller, details=order)
        return json_response(200, orjson.dumps(body))

    @documentation.update_session
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Update a checkout session."""
        shop, caller = self.shop(request), caller_of(request)
        return self.answer_once(
            request,
            render=self.show(request, shop),
            work=lambda body, receipt: _updated(
                shop, caller, session_id, incoming.update_command(body.value), receipt
            ),
        )


class CheckoutSessionComplete(AcpView):
    scope = "checkout"

    @documentation.complete_session
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Complete a checkout session: pay and place the order."""
        shop, caller = self.shop(request), caller_of(request)

        def render(outcome: Outcome) -> tuple[int, bytes]:
            body = checkout_session(outcome.session, shop=shop, caller=caller, details=outcome.order)
            return 200, orjson.dumps(body)

        return self.answer_once(
            request,
            render=render,
            work=lambda body, receipt: complete_session(
                shop=shop,
                caller=caller,
                session_id=session_id,
                command=incoming.complete_command(body.value, request_key=request_key(request)),
                now=clock.now(),
                receipt=receipt,
            ),
        )


class CheckoutSessionCancel(AcpView):
    scope = "checkout"

    @documentation.cancel_session
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Cancel a checkout session."""
        shop, caller = self.shop(request), caller_of(request)
        return self.answer_once(
            request,
            may_be_empty=True,
            render=self.show(request, shop),
            work=lambda body, receipt: sessions.cancel_session(
                shop=shop,
                caller=caller,
                session_id=session_id,
                intent_trace=incoming.intent_trace(body.value),
                now=clock.now(),
                receipt=receipt,
            ),
        )


def _show_cart(status: int) -> Callable[[CartView], tuple[int, bytes]]:
    return lambda view: (status, orjson.dumps(cart(view)))


class Carts(AcpView):
    scope = "carts"

    @documentation.create_cart
    def post(self, request: Request) -> HttpResponse:
        """Create a cart."""
        owner = _owner(self.shop(request), request)
        return self.answer_once(
            request,
            render=_show_cart(201),
            work=lambda body, receipt: carts.create_cart(
                owner=owner, wanted=incoming.new_cart(body.value), now=clock.now(), receipt=receipt
            ),
        )


class CartDetail(AcpView):
    scope = "carts"

    @documentation.get_cart
    def get(self, request: Request, cart_id: str) -> HttpResponse:
        """Retrieve a cart at the prices of this moment."""
        owner = _owner(self.shop(request), request)
        view = carts.read_cart(owner=owner, cart_id=cart_id, now=clock.now())
        return json_response(*_show_cart(200)(view))

    @documentation.replace_cart
    def put(self, request: Request, cart_id: str) -> HttpResponse:
        """Replace a cart."""
        owner = _owner(self.shop(request), request)
        return self.answer_once(
            request,
            is_key_required=False,
            render=_show_cart(200),
            work=lambda body, receipt: carts.replace_cart(
                owner=owner,
                cart_id=cart_id,
                wanted=incoming.changed_cart(body.value),
                now=clock.now(),
                receipt=receipt,
            ),
        )


class CartCancel(AcpView):
    scope = "carts"

    @documentation.cancel_cart
    def post(self, request: Request, cart_id: str) -> HttpResponse:
        """Cancel a cart and return it as it was."""
        owner = _owner(self.shop(request), request)
        return self.answer_once(
            request,
            may_be_empty=True,
            render=_show_cart(200),
            work=lambda _body, receipt: carts.cancel_cart(
                owner=owner, cart_id=cart_id, now=clock.now(), receipt=receipt
            ),
        )


class Elsewhere(AcpView):
    """Whatever is no address of the API, for those who may ask."""

    schema = None  # type: ignore[assignment]  # Not documented: it is no operation.
    scope = "checkout"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(AcpView, self).initial(request, *args, **kwargs)
        raise NotFound("There is no such address.")


def _owner(shop: Shop, request: Request) -> carts.Owner:
    return carts.Owner(shop.id, caller_of(request).agent_id, shop.currency)


def _created(shop: Shop, caller: Caller, command: CreateSession, receipt: Receipt[Session]) -> Session:
    def create() -> Session:
        return sessions.create_session(shop=shop, caller=caller, command=command, now=clock.now(), receipt=receipt)

    return with_guesses_counted(create, by_agent(caller.agent_id)) if command.codes else create()


def _updated(
    shop: Shop, caller: Caller, session_id: str, command: UpdateSession, receipt: Receipt[Session]
) -> Session:
    def update() -> Session:
        return sessions.update_session(
            shop=shop, caller=caller, session_id=session_id, command=command, now=clock.now(), receipt=receipt
        )

    names_codes = command.codes is not UNSET and bool(command.codes)
    return with_guesses_counted(update, _guesser(caller, session_id)) if names_codes else update()


def _guesser(caller: Caller, session_id: str) -> dict[str, int]:
    """Return who is slowed down: the shopper of a chat, whose key all of its shoppers share, else the agent."""
    shopper = import_string(settings.SHOPPER_OF_CHECKOUT)(session_id) if caller.requires_confirmation else ""
    return by_shopper(shopper) if shopper else by_agent(caller.agent_id)
