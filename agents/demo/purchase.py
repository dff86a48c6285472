"""What the demo's agent does: finds something, buys it, and hears that it is on its way and delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from agents.client import Agent, Http
from agents.demo.agent import Carrier, Stripe
from agents.demo.facts import Facts
from agents.demo.processes import Processes
from agents.demo.progress import Progress
from agents.demo.stack import Stack
from commerce.money import Money

EVENT_SECONDS = 20
BUYER = {"first_name": "Ada", "last_name": "Park", "email": "ada.park@example.com"}
ADDRESS = {
    "name": "Ada Park",
    "line_one": "1234 Chat Road",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94131",
}
TRACKING_NUMBER = "1Z999AA10123456784"


class UnexpectedError(RuntimeError):
    """The shop answered, and not what it should have."""


class Purchase:
    """One purchase over HTTP, step by step. `rows` sums it up afterwards."""

    def __init__(self, stack: Stack, facts: Facts, processes: Processes, progress: Progress) -> None:
        self._facts = facts
        self._has_ledger = stack.stripe_api_base.startswith("http://127.0.0.1")
        self._agent = Agent(stack.base_url, facts.agent_key)
        self._stripe = Stripe(stack.stripe_api_base, stack.stripe_secret_key)
        self._carrier = Carrier(stack.base_url, facts.merchant, facts.fulfillment_secret)
        self._receiver = Http(stack.receiver_url)
        self._processes = processes
        self._step = progress.step
        self._session: dict[str, Any] = {}
        self._order: dict[str, Any] = {}
        self.rows: list[tuple[str, str]] = []

    def make(self) -> None:
        """Go through all of it. Raises StepFailedError."""
        self._discover()
        self._search()
        self._create()
        self._name_buyer()
        self._choose_shipping()
        self._redeem_code()
        self._pay(self._mint())

    def follow(self) -> None:
        """Hear of the order, deliver it, and compare with what Stripe has taken."""
        self._hear_of_order()
        self._ship()
        self._deliver()
        self._compare_with_stripe()

    @property
    def _path(self) -> str:
        return f"/checkout_sessions/{self._session['id']}"

    @property
    def _total(self) -> int:
        return _amount(self._session, "total")

    def _money(self, minor: int) -> str:
        return str(Money(minor, self._facts.currency))

    def _discover(self) -> None:
        with self._step("Discovery", process="web") as step:
            told = self._agent.discover()
            step.tell(f"ACP {told['protocol']['version']} at {told['api_base_url']}")

    def _search(self) -> None:
        with self._step("Catalog search", process="web") as step:
            found = self._agent.search(self._facts.search)["products"]
            variants = [variant for product in found for variant in product["variants"]]
            wanted = self._facts.items["in_stock"][0]
            hit = next((one for one in variants if one["id"] == wanted), None)
            _require(hit is not None, "the search did not find it")
            price = self._money(hit["price"]["amount"]) if hit else ""
            step.tell(f"“{self._facts.search}” is {_words(hit['availability']) if hit else ''} at {price}")

    def _create(self) -> None:
        first, second = self._facts.items["in_stock"][:2]
        body = {
            "currency": self._facts.currency,
            "line_items": [{"id": first, "quantity": 2}, {"id": second, "quantity": 1}],
            "capabilities": {},
        }
        with self._step("Checkout session", process="web") as step:
            self._session = self._agent.send("/checkout_sessions", body)
            lines = ", ".join(f"{one['quantity']} x {one['name']}" for one in self._session["line_items"])
            step.tell(f"{lines}: {self._money(self._total)}, {_words(self._session['status'])}")

    def _name_buyer(self) -> None:
        body = {"buyer": BUYER, "fulfillment_details": {"name": ADDRESS["name"], "address": ADDRESS}}
        with self._step("Buyer and address", process="web") as step:
            self._session = self._agent.send(self._path, body)
            options = self._session["fulfillment_options"]
            _require(bool(options), "nothing is shipped there")
            tax = self._money(_amount(self._session, "tax"))
            step.tell(f"{len(options)} ways to ship to {ADDRESS['city']}, tax {tax}")

    def _choose_shipping(self) -> None:
        with self._step("Shipping", process="web") as step:
            shipped = [one for one in self._session["fulfillment_options"] if one["type"] == "shipping"]
            option = max(shipped, key=lambda one: one["totals"][-1]["amount"])
            chosen = {"type": option["type"], "option_id": option["id"], "item_ids": []}
            self._session = self._agent.send(self._path, {"selected_fulfillment_options": [chosen]})
            step.tell(f"{option['title']} for {self._money(_amount(self._session, 'fulfillment'))}")

    def _redeem_code(self) -> None:
        code = self._facts.discount_codes["percent"]
        with self._step("Discount code", process="web") as step:
            self._session = self._agent.send(self._path, {"discounts": {"codes": [code]}})
            less = _amount(self._session, "items_discount")
            _require(less > 0, f"{code} took nothing off")
            _require(self._session["status"] == "ready_for_payment", f"it is {self._session['status']}")
            step.tell(f"{code} takes {self._money(less)} off; to pay: {self._money(self._total)}")

    def _mint(self) -> str:
        with self._step("Payment token", process="sandbox") as step:
            token = self._stripe.grant_token(self._total, self._facts.currency)
            step.tell(f"{token[:14]}… pays once, up to {self._money(self._total)}")
        return token

    def _pay(self, token: str) -> None:
        credential = {"type": "spt", "token": token}
        instrument = {"type": "card", "credential": credential}
        body = {"payment_data": {"handler_id": self._facts.handler_id, "instrument": instrument}}
        key, path = str(uuid4()), f"{self._path}/complete"
        with self._step("Payment", process="web") as step:
            self._session = self._agent.send(path, body, key)
            _require(self._session["status"] == "completed", f"the session is {self._session['status']}")
            self._order = self._session["order"]
            step.tell(f"order {self._order['order_number']} over {self._money(self._total)} is placed")
        with self._step("Same call again", process="web") as step:
            again = self._agent.send(path, body, key)
            _require(again["order"]["id"] == self._order["id"], "it placed another order")
            step.tell("the same answer, and no second order")

    def _hear_of_order(self) -> None:
        with self._step("Order announced", process="worker") as step:
            event = self._event(1, lambda event: event["type"] == "order_create")
            _require(_amount(event["order"], "total") == self._total, "it names another total")
            step.tell("agent hears of it, and the signature is valid")

    def _ship(self) -> None:
        parcel = {"carrier": "UPS", "tracking_number": TRACKING_NUMBER}
        with self._step("Parcel shipped", process="worker") as step:
            self._tell("shipment.shipped", parcel)
            self._event(2, lambda event: _parcel(event).get("tracking_number") == TRACKING_NUMBER)
            step.tell(f"agent hears order_update: {TRACKING_NUMBER}")

    def _deliver(self) -> None:
        with self._step("Parcel delivered", process="worker") as step:
            self._tell("shipment.delivered", {})
            event = self._event(3, lambda event: _parcel(event)["status"] == "delivered")
            kinds = [one["type"] for one in self._events()]
            _require(kinds == ["order_create", "order_update", "order_update"], f"the agent heard {kinds}")
            step.tell(f"agent hears order_update: {event['order']['status']}")

    def _compare_with_stripe(self) -> None:
        with self._step("Stripe's ledger", process="worker") as step:
            payments = self._stripe.payments_of(self._session["id"])
            _require(len(payments) == 1, f"{len(payments)} payments name the session")
            intent = str(payments[0]["id"])
            self._wait(lambda: self._taken(intent)[1] == self._total, "the capture of the total did not show")
            authorized, captured = self._taken(intent)
            _require(authorized == self._total, f"{authorized} was authorized")
            step.tell(f"authorized and captured {self._money(captured)}, the order's total")
        self._sum_up(intent, authorized, captured)

    def _taken(self, intent: str) -> tuple[int, int]:
        """Return what was authorized and captured: by the sandbox's ledger, else by the intent itself."""
        if self._has_ledger:
            sums = self._stripe.ledger()[intent]
            return int(sums["authorized"]), int(sums["captured"])
        known = next(one for one in self._stripe.payments_of(self._session["id"]) if one["id"] == intent)
        return int(known["amount"]), int(known["amount_received"])

    def _tell(self, kind: str, parcel: dict[str, str]) -> None:
        self._carrier.tell(kind, {"order": self._order["id"], "shipment": "parcel-1", **parcel})

    def _events(self) -> list[dict[str, Any]]:
        return list(self._receiver.get(f"/events?order={self._order['id']}")["events"])

    def _event(self, number: int, is_right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for the order's event of that number, and check that it says what is expected."""
        self._wait(lambda: len(self._events()) >= number, "the agent heard nothing")
        event = self._events()[number - 1]
        _require(is_right(event), f"event {number} does not say so: {str(event)[:200]}")
        return event

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        self._processes.wait_until(condition, seconds=EVENT_SECONDS, what=what)

    def _sum_up(self, intent: str, authorized: int, captured: int) -> None:
        self.rows = [
            ("Order", f"{self._order['order_number']}  {self._order['permalink_url']}"),
            ("Total", self._money(self._total)),
            ("Stripe", f"{intent}: authorized {self._money(authorized)}, captured {self._money(captured)}"),
            ("Parcel", f"UPS {TRACKING_NUMBER}, delivered"),
            ("Agent heard", "order_create, order_update, order_update; all signed, in this order"),
        ]


def _amount(body: dict[str, Any], kind: str) -> int:
    return next((int(one["amount"]) for one in body["totals"] if one["type"] == kind), 0)


def _parcel(event: dict[str, Any]) -> dict[str, Any]:
    return dict(event["order"]["fulfillments"][0])


def _words(name: str) -> str:
    return name.replace("_", " ")


def _require(is_right: bool, otherwise: str) -> None:
    if not is_right:
        raise UnexpectedError(otherwise)
