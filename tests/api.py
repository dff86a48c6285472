"""An agent's side of the API: sends what agents send, and holds every answer against the official schema."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tests.official_schemas import check_shape

VERSION = "2026-04-17"

SAN_FRANCISCO = {
    "name": "Ada Park",
    "line_one": "1234 Chat Road",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94131",
}
BUYER = {"first_name": "Ada", "last_name": "Park", "email": "ada.park@example.com"}

_ANY_STATUS = {"pending", "processing", "delivered", "failed", "canceled"}
# Which status fits which type (rfc.orders section 4.3).
_STATUSES = {
    "shipping": _ANY_STATUS | {"shipped", "in_transit", "out_for_delivery"},
    "pickup": _ANY_STATUS | {"ready_for_pickup"},
    "digital": _ANY_STATUS,
}
_MONEY = {"amount", "unit_amount", "unit_price", "subtotal", "amount_off"}


@dataclass(slots=True)
class Answer:
    """A response: status, parsed body, raw bytes and headers."""

    status: int
    body: Any
    raw: bytes
    headers: dict[str, str]

    def total(self, kind: str = "total") -> int:
        """Return the sum of the totals of one kind; 0 where there is none."""
        return sum(one["amount"] for one in self.body["totals"] if one["type"] == kind)

    @property
    def codes(self) -> list[str]:
        """The codes of all messages but the next step."""
        return [message.get("code", message["type"]) for message in self.messages]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages but the last of a session, which says what is next."""
        told: list[dict[str, Any]] = self.body["messages"]
        return [one for one in told if not one["content"].startswith("Next step: ")]

    @property
    def next_step(self) -> str:
        """What is next, in words."""
        return str(self.body["messages"][-1]["content"]).removeprefix("Next step: ")


@dataclass(slots=True)
class AcpClient:
    """Speaks ACP with one agent key. A fresh Idempotency-Key goes with every POST unless one is given."""

    token: str
    base: str = "/acp"
    http: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send("PUT", path, body, **options)

    def get(self, path: str, **options: Any) -> Answer:
        return self.send("GET", path, **options)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "",
        raw: bytes | None = None,
        content_type: str = "application/json",
        headers: dict[str, str | None] | None = None,
    ) -> Answer:
        """Send a request below the base. `key=None` sends no Idempotency-Key, `raw` any bytes as the body."""
        sent: dict[str, str | None] = {"Authorization": f"Bearer {self.token}", "API-Version": VERSION}
        if method == "POST" and key is not None:
            sent["Idempotency-Key"] = key or uuid.uuid4().hex
        elif key:
            sent["Idempotency-Key"] = key
        sent |= headers or {}
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        response = self.http.generic(
            method,
            f"{self.base}{path}",
            content,
            content_type=content_type if content else "",
            headers={name: value for name, value in sent.items() if value is not None},
        )
        answer = Answer(
            response.status_code,
            json.loads(response.content),
            response.content,
            {name.lower(): value for name, value in response.items()},
        )
        check_answer(answer)
        return answer

    def create(self, *items: str | dict[str, Any], **fields: Any) -> Answer:
        """Create a session for some variants, addressed and with a buyer unless told otherwise."""
        body = {
            "currency": "usd",
            "line_items": [item if isinstance(item, dict) else {"id": item, "quantity": 1} for item in items],
            "capabilities": {},
            "buyer": BUYER,
            "fulfillment_details": {"name": "Ada Park", "address": SAN_FRANCISCO},
            **fields,
        }
        return self.post("/checkout_sessions", {name: part for name, part in body.items() if part is not None})

    def update(self, session_id: str, **fields: Any) -> Answer:
        return self.post(f"/checkout_sessions/{session_id}", fields)

    def read(self, session_id: str) -> Answer:
        return self.get(f"/checkout_sessions/{session_id}")

    def complete(self, session_id: str, token: str, *, key: str | None = "", **fields: Any) -> Answer:
        """Pay with a token."""
        body = {"payment_data": payment(token), **fields}
        return self.post(f"/checkout_sessions/{session_id}/complete", body, key=key)

    def cancel(self, session_id: str, body: Any = None, *, key: str | None = "") -> Answer:
        return self.post(f"/checkout_sessions/{session_id}/cancel", body, key=key)


def payment(token: str) -> dict[str, Any]:
    """Return payment data for the card handler."""
    return {
        "handler_id": "card_tokenized",
        "instrument": {"type": "card", "credential": {"type": "spt", "token": token}},
        "billing_address": SAN_FRANCISCO,
    }


def check_answer(answer: Answer) -> None:
    """Hold an answer against what the protocol says of all answers (HTTP-1, HTTP-3, ERR-1..5)."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.status < 500, answer.raw
    check_money(answer.body)
    if answer.status >= 400:
        check_shape(answer.body, "Error")
        assert answer.body["message"].strip()
        assert "Traceback" not in answer.body["message"]
        assert re.match(r"\$($|[.\[])", answer.body.get("param", "$"))
    elif "capabilities" in answer.body and "status" in answer.body:
        check_shape(answer.body, "CheckoutSession")
        if answer.body["status"] == "completed":
            check_shape(answer.body, "CheckoutSessionWithOrder")
            check_order(answer.body["order"], session_id=answer.body["id"])
        check_totals(answer.body["totals"])
    elif "possible" in answer.body:
        check_shape(answer.body["order"], "Order")
        check_order(answer.body["order"], session_id=answer.body["order"]["checkout_session_id"])
    elif "line_items" in answer.body:
        check_shape(answer.body, "Cart", file="schema.cart.json")
        check_totals(answer.body["totals"])


def check_order(order: dict[str, Any], *, session_id: str) -> None:
    """Hold an order against what holds of all orders: whose it is, how many, and which status (ORD-1..4)."""
    assert order["checkout_session_id"] == session_id
    assert order["permalink_url"].startswith("http")
    for line in order["line_items"]:
        ordered, current, fulfilled = (line["quantity"][name] for name in ("ordered", "current", "fulfilled"))
        assert ordered >= 1
        assert 0 <= fulfilled <= current <= ordered
        assert line["status"] == line_status(current, fulfilled)
    for one in order["fulfillments"]:
        assert one["status"] in _STATUSES[one["type"]]
    check_totals([one for one in order["totals"] if one["type"] != "amount_refunded"])


def line_status(current: int, fulfilled: int) -> str:
    if not current:
        return "removed"
    if fulfilled == current:
        return "fulfilled"
    return "partial" if fulfilled else "processing"


def check_money(value: Any) -> None:
    """Every amount is a JSON integer, never 1.0, text or a boolean."""
    if isinstance(value, dict):
        for name, part in value.items():
            assert name not in _MONEY or type(part) is int or not isinstance(part, float | str | bool), name
            check_money(part)
    elif isinstance(value, list):
        for part in value:
            check_money(part)


def check_totals(totals: list[dict[str, Any]]) -> None:
    """The parts sum to the whole, nothing is negative, and there is one total (TOT-2, 3, 5, 9)."""
    sums: dict[str, int] = {}
    for one in totals:
        assert one["amount"] >= 0
        sums[one["type"]] = sums.get(one["type"], 0) + one["amount"]
    assert [one["type"] for one in totals].count("total") == 1
    base, off = sums.get("items_base_amount", 0), sums.get("items_discount", 0)
    assert sums["subtotal"] == base - off
    added = sum(sums.get(kind, 0) for kind in ("fulfillment", "tax", "fee"))
    assert sums["total"] == base - off - sums.get("discount", 0) + added
