"""The one way every request takes: authenticate, route, check, claim its key, act, commit, answer."""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import orjson

from commerce.payments.sandbox import clock as clocks
from commerce.payments.sandbox import idempotency, parameters
from commerce.payments.sandbox.account import Account, account_id, register
from commerce.payments.sandbox.authentication import authenticate
from commerce.payments.sandbox.documents import Document, Params
from commerce.payments.sandbox.errors import InternalError, InvalidParameter, NotFound, Refusal
from commerce.payments.sandbox.expansion import present
from commerce.payments.sandbox.form import decode
from commerce.payments.sandbox.identifiers import new_id
from commerce.payments.sandbox.routes import Route, find_route
from commerce.payments.sandbox.store import Store
from commerce.payments.sandbox.versions import Version, parse_version
from commerce.payments.sandbox.webhook_delivery import Courier

logger = logging.getLogger(__name__)

FAILED = "The sandbox failed to answer this request; its log says why."
UNKNOWN_ERROR = "An unknown error occurred."


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as far as Stripe's API looks at it. `text` is the form-encoded parameters.

    `pause` and `fails` are set where something is made to go wrong on purpose: what is called before the endpoint
    runs, with the idempotency key in use, and whether the answer is a 500 that comes before the endpoint's effect
    or after it.
    """

    method: str
    path: str
    text: str
    origin: str
    authorization: str = ""
    version: str = ""
    idempotency_key: str = ""
    connected_account: str = ""
    pause: Callable[[], None] | None = None
    fails: Literal["", "before", "after"] = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, and whether its connection breaks off in the middle of it."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    breaks: Literal["", "truncate", "reset"] = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been understood: who calls which endpoint with what."""

    request: Request
    request_id: str
    secret_key: str
    version: Version
    route: Route
    object_id: str
    given: Params
    params: Params


class Api:
    """Stripe's API over one store. `clock` gives real time; an account's own may be ahead of it."""

    def __init__(
        self, store: Store, courier: Courier, *, clock: Callable[[], float], account_version: Version
    ) -> None:
        self._store = store
        self._courier = courier
        self._clock = clock
        self._account_version = account_version
        self._in_flight = idempotency.InFlight()

    def answer(self, request: Request) -> Answer:
        """Answer one request; nothing escapes but Stripe's error bodies."""
        request_id = new_id("req_", 14)
        version = request.version or str(self._account_version)
        try:
            answer = self._perform(self._understand(request, request_id))
        except Refusal as refusal:
            answer = Answer(refusal.status, orjson.dumps(refusal.body()))
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            answer = Answer(500, orjson.dumps(InternalError(FAILED).body()))
        key = {"Idempotency-Key": request.idempotency_key} if request.idempotency_key else {}
        headers = {"Request-Id": request_id, "Stripe-Version": version, **key, **answer.headers}
        return Answer(answer.status, answer.body, headers)

    def _understand(self, request: Request, request_id: str) -> Call:
        secret_key = authenticate(request.authorization)
        version = parse_version(request.version) if request.version else self._account_version
        if request.connected_account:
            raise InvalidParameter("This sandbox does not emulate connected accounts.")
        found = find_route(request.method, request.path)
        if found is None or (found[0].is_preview and not version.is_preview):
            raise NotFound(
                f"Unrecognized request URL ({request.method}: {request.path}). Please see "
                "https://stripe.com/docs or we can help at https://support.stripe.com/."
            )
        route, object_id = found
        given = decode(request.text)
        params = parameters.check(route.parameters, given, version)
        return Call(request, request_id, secret_key, version, route, object_id, given, params)

    def _perform(self, call: Call) -> Answer:
        if call.route.reads_only:
            _pause(call)
            with self._store.reading() as connection:
                return self._run(self._account(connection, call), call)[0]
        if call.request.method != "POST" or not call.request.idempotency_key:
            return self._write(call, None)
        claim = idempotency.claim(call.request.idempotency_key, call.request.path, call.given)
        with self._in_flight.hold(account_id(call.secret_key), claim.key):
            return self._write(call, claim)

    def _write(self, call: Call, claim: idempotency.Claim | None) -> Answer:
        """Run an endpoint in one transaction that also keeps its answer; then tell the courier."""
        _pause(call)
        with self._store.writing() as connection:
            account = self._account(connection, call)
            register(connection, call.secret_key, account.now)
            kept = None if claim is None else idempotency.recall(account, claim)
            if kept is not None:
                return _replayed(kept)
            answer, is_stored = self._run(account, call)
            if claim is not None and is_stored:
                idempotency.keep(account, claim, idempotency.Kept(answer.status, answer.body, call.request_id))
        if account.has_deliveries:
            self._courier.call()
        return answer

    def _account(self, connection: sqlite3.Connection, call: Call) -> Account:
        account = account_id(call.secret_key)
        return Account(
            connection=connection,
            id=account,
            now=clocks.now(connection, account, int(self._clock())),
            version=self._account_version,
            origin=call.request.origin,
            request_id=call.request_id,
            idempotency_key=call.request.idempotency_key or None,
        )

    def _run(self, account: Account, call: Call) -> tuple[Answer, bool]:
        """Return the endpoint's answer and whether it is kept, or the 500 that was asked for instead."""
        if call.request.fails == "before":
            return _unknown_error(), True
        answer, is_stored = self._run_endpoint(account, call)
        return (_unknown_error() if call.request.fails else answer), is_stored

    def _run_endpoint(self, account: Account, call: Call) -> tuple[Answer, bool]:
        """Return the endpoint's answer and whether it is kept. A refusal undoes effects, a decline none."""
        account.connection.execute("SAVEPOINT endpoint")
        try:
            document = call.route.endpoint(account, call.object_id, call.params)
            shown = present(account, document, call.params.get("expand", []))
            answer, is_stored = _answer(200, shown), True
        except Refusal as refusal:
            if not refusal.keeps_effects:
                self._undo(account)
            answer, is_stored = _answer(refusal.status, refusal.body()), refusal.is_stored
        except Exception:
            logger.exception("%s %s failed", call.request.method, call.route.path)
            self._undo(account)
            answer, is_stored = _answer(500, InternalError(FAILED).body()), True
        account.connection.execute("RELEASE endpoint")
        return answer, is_stored

    def _undo(self, account: Account) -> None:
        account.connection.execute("ROLLBACK TO endpoint")
        account.has_deliveries = False


def _answer(status: int, document: Document) -> Answer:
    return Answer(status, orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _unknown_error() -> Answer:
    return _answer(500, InternalError(UNKNOWN_ERROR).body())


def _pause(call: Call) -> None:
    if call.request.pause is not None:
        call.request.pause()


def _replayed(kept: idempotency.Kept) -> Answer:
    return Answer(kept.status, kept.body, {"Idempotent-Replayed": "true", "Original-Request": kept.request_id})
