"""The endpoints for what follows the sale, with the rules of the protocol's own: keys, replays, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from agents.acp.documentation import KEY, READ_ERRORS, REQUEST_ID, WRITE_ERRORS, BearerSchema, responses
from agents.acp.errors import exception_response, refusal
from agents.acp.v2026_04_17.requests import decode
from agents.errors import RequestError
from agents.http import AgentView, caller_of, json_response, request_key
from agents.openapi import body_of
from agents.orders import presenters
from agents.orders.bodies import AgentOrder, AgentOrders
from agents.orders.schemas import CancelOrderRequest, OrdersParameters, ReturnRequest, wanted
from agents.query import parameters_of, read_query
from commerce import clock
from commerce.aftersales import requests
from commerce.aftersales.requests import Standing
from commerce.checkout.shop import Shop, shop_at
from commerce.errors import CommerceError
from commerce.text import line

_ORDER = body_of(AgentOrder)
_STATE = "The order, and what may be asked of it now."


class OrderView(AgentView):
    schema = BearerSchema()
    scope = "orders"

    def handle_exception(self, exc: Exception) -> Any:
        return exception_response(exc)

    def decode_errors(self, problem: Exception) -> tuple[int, bytes]:
        if isinstance(problem, (CommerceError, RequestError)):
            return refusal(problem)
        raise problem

    def shop(self, request: Request) -> Shop:
        caller = caller_of(request)
        return shop_at(caller.merchant_id, caller.merchant_revision)


def _show(shop: Shop, *, status: int) -> Callable[[Standing], tuple[int, bytes]]:
    return lambda standing: (status, orjson.dumps(presenters.agent_order(standing, shop=shop)))


class Orders(OrderView):
    @extend_schema(
        operation_id="list_orders",
        tags=["orders"],
        parameters=[REQUEST_ID, *parameters_of(OrdersParameters)],
        responses=responses(body_of(AgentOrders), meaning="A page of orders, newest first."),
    )
    def get(self, request: Request) -> HttpResponse:
        """List the orders that this agent has placed."""
        asked = read_query(OrdersParameters, request.query_params)
        shop = self.shop(request)
        page = requests.own_orders(
            shop=shop,
            caller=caller_of(request),
            now=clock.now(),
            limit=asked.limit,
            checkout_session_id=asked.checkout_session_id,
            cursor=asked.cursor,
        )
        return json_response(200, orjson.dumps(presenters.agent_orders(page, shop=shop)))


class OrderDetail(OrderView):
    @extend_schema(
        operation_id="get_order",
        tags=["orders"],
        parameters=[REQUEST_ID],
        responses=responses(_ORDER, meaning=_STATE, errors=READ_ERRORS),
    )
    def get(self, request: Request, order_id: str) -> HttpResponse:
        """Retrieve an order as it stands."""
        shop = self.shop(request)
        found = requests.own_order(order_id, shop=shop, caller=caller_of(request), now=clock.now())
        return json_response(*_show(shop, status=200)(found))


class OrderCancel(OrderView):
    @extend_schema(
        operation_id="cancel_order",
        tags=["orders"],
        parameters=[REQUEST_ID, KEY],
        request=CancelOrderRequest,
        responses=responses(_ORDER, meaning=_STATE, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        """Cancel what is not sent yet, all of it or the units named; what was paid for it is given back."""
        shop, caller = self.shop(request), caller_of(request)

        def work(body: Any, receipt: Any) -> Standing:
            asked = decode(CancelOrderRequest, body.value)
            return requests.cancel_own_order(
                order_id,
                shop=shop,
                caller=caller,
                now=clock.now(),
                wanted=wanted(asked.line_items),
                reason=line(asked.reason),
                receipt=receipt,
            )

        return self.answer_once(request, may_be_empty=True, render=_show(shop, status=200), work=work)


class OrderReturns(OrderView):
    @extend_schema(
        operation_id="return_order",
        tags=["orders"],
        parameters=[REQUEST_ID, KEY],
        request=ReturnRequest,
        responses=responses(_ORDER, status=201, meaning=_STATE, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        """Ask to send units back that the buyer has; the shop decides."""
        shop, caller = self.shop(request), caller_of(request)

        def work(body: Any, receipt: Any) -> Standing:
            asked = decode(ReturnRequest, body.value)
            return requests.return_own_order(
                order_id,
                shop=shop,
                caller=caller,
                now=clock.now(),
                reason=asked.reason,
                request_key=request_key(request),
                wanted=wanted(asked.line_items),
                comment=line(asked.comment),
                receipt=receipt,
            )

        return self.answer_once(request, render=_show(shop, status=201), work=work)
