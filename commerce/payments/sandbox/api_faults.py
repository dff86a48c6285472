"""Calls of the API that go wrong, as the rules of `chaos` want it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import orjson

from commerce.payments.sandbox.account import account_id
from commerce.payments.sandbox.api import UNKNOWN_ERROR, Answer, Api, Request
from commerce.payments.sandbox.authentication import authenticate
from commerce.payments.sandbox.chaos import Chaos, Rule
from commerce.payments.sandbox.errors import InternalError, RateLimited, Refusal, Unauthenticated
from commerce.payments.sandbox.idempotency import in_use
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.webhook_faults import WebhookFaults

TOO_MANY = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\r\n"
TITLES = {502: "502 Bad Gateway", 504: "504 Gateway Time-out"}


class FaultyApi:
    """The API, and what may happen to a call on its way there and back."""

    def __init__(self, api: Api, chaos: Chaos, webhooks: WebhookFaults) -> None:
        self._api = api
        self._chaos = chaos
        self._webhooks = webhooks
        self._faults: dict[str, Callable[[Rule, Request], Answer]] = {
            "delay": self._delay,
            "hang_before": self._hang_before,
            "hang_after": self._hang_after,
            "error_before": lambda _rule, _request: _refused(InternalError(UNKNOWN_ERROR)),
            "error_before_kept": lambda _rule, request: self._do(replace(request, fails="before")),
            "error_after": lambda _rule, request: self._do(replace(request, fails="after")),
            "error_after_unkept": self._error_after_unkept,
            "reset": lambda _rule, request: replace(self._do(request), breaks="reset"),
            "truncate": lambda _rule, request: replace(self._do(request), breaks="truncate"),
            "rate_limit": lambda _rule, _request: _rate_limited(),
            "conflict": lambda _rule, request: _refused(in_use(request.idempotency_key)),
            "bad_gateway": lambda _rule, _request: _page(502),
            "bad_gateway_after": self._bad_gateway_after,
        }

    def answer(self, request: Request) -> Answer:
        """Answer a request as the API does, unless a rule hits it."""
        if not self._chaos:
            return self._api.answer(request)
        rule = self._hit(request)
        return self._do(request) if rule is None else self._faults[rule.fault](rule, request)

    def _do(self, request: Request) -> Answer:
        """Have a request done, and its events delivered before it is answered where a rule wants that."""
        answer = self._api.answer(request)
        self._webhooks.await_early(answer.headers["Request-Id"])
        return answer

    def _hit(self, request: Request) -> Rule | None:
        try:
            account = account_id(authenticate(request.authorization))
        except Unauthenticated:
            return None
        return self._chaos.hit_call(account, f"{request.method} {request.path}", request.idempotency_key)

    def _delay(self, rule: Rule, request: Request) -> Answer:
        return self._do(replace(request, pause=partial(self._chaos.wait, rule)))

    def _hang_before(self, rule: Rule, _request: Request) -> Answer:
        self._chaos.wait(rule)
        return _page(504)

    def _hang_after(self, rule: Rule, request: Request) -> Answer:
        self._do(request)
        self._chaos.wait(rule)
        return _page(504)

    def _error_after_unkept(self, _rule: Rule, request: Request) -> Answer:
        self._do(request)
        return _refused(InternalError(UNKNOWN_ERROR))

    def _bad_gateway_after(self, _rule: Rule, request: Request) -> Answer:
        self._do(request)
        return _page(502)


def _refused(refusal: Refusal) -> Answer:
    return Answer(refusal.status, orjson.dumps(refusal.body()), {"Request-Id": new_id("req_", 14)})


def _rate_limited() -> Answer:
    answer = _refused(RateLimited(TOO_MANY, code="rate_limit"))
    return replace(answer, headers={**answer.headers, "Stripe-Rate-Limited-Reason": "global-rate"})


def _page(status: int) -> Answer:
    """Answer as a server in front of Stripe's does, that knows nothing of JSON."""
    return Answer(status, PAGE.format(TITLES[status]).encode(), {"Content-Type": "text/html"})
