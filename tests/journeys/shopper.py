"""An agent that buys in a running demo, and looks at what came of it from all sides."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from agents.demo.agent import Agent, Carrier, Http, Stripe
from agents.demo.purchase import ADDRESS, BUYER
from tests.journeys.running import RunningDemo, wait_until

DELIVERY_SECONDS = 20


class Shopper:
    """Speaks to the demo with the key of its ready file."""

    def __init__(self, demo: RunningDemo) -> None:
        self.ready = ready = demo.ready()
        self.agent = Agent(ready["base_url"], ready["agent_key"])
        self.stripe = Stripe(ready["stripe_api_base"], ready["stripe_secret_key"])
        self.carrier = Carrier(ready["base_url"], ready["merchant"], ready["fulfillment_secret"])
        self._receiver = Http(ready["receiver_url"])

    def create(self, *ids: str) -> Any:
        """Open a session with a buyer, an address and one of each item."""
        body = {
            "currency": "usd",
            "line_items": [{"id": one, "quantity": 1} for one in ids or self.ready["items"]["in_stock"][:1]],
            "buyer": BUYER,
            "fulfillment_details": {"name": "Ada Park", "address": ADDRESS},
            "capabilities": {},
        }
        return self.agent.send("/checkout_sessions", body)

    def complete(self, session: dict[str, Any]) -> Any:
        """Choose the dearest shipping and pay with a token for just that total."""
        path = f"/checkout_sessions/{session['id']}"
        if shipped := [one for one in session["fulfillment_options"] if one["type"] == "shipping"]:
            option = max(shipped, key=lambda one: int(one["totals"][-1]["amount"]))
            chosen = {"type": "shipping", "option_id": option["id"], "item_ids": []}
            session = self.agent.send(path, {"selected_fulfillment_options": [chosen]})
        return self.agent.send(f"{path}/complete", self.payment(session))

    def payment(self, session: dict[str, Any]) -> dict[str, Any]:
        token = self.stripe.grant_token(total_of(session), session["currency"])
        instrument = {"type": "card", "credential": {"type": "spt", "token": token}}
        return {"payment_data": {"handler_id": self.ready["handler_id"], "instrument": instrument}}

    def buy(self, *ids: str) -> Any:
        """Buy one of each item and return the completed session."""
        return self.complete(self.create(*ids))

    def ship(self, order: dict[str, Any], kind: str, **parcel: str) -> None:
        self.carrier.tell(kind, {"order": order["id"], "shipment": "parcel-1", **parcel})

    def events(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what the agent's receiver has heard of an order; it keeps nothing with a wrong signature."""
        return list(self._receiver.get(f"/events?order={order['id']}")["events"])

    def hear(self, order: dict[str, Any], count: int) -> list[dict[str, Any]]:
        """Wait until that many events of an order have come."""
        wait_until(lambda: len(self.events(order)) >= count, DELIVERY_SECONDS, f"{count} events")
        return self.events(order)

    def refund(self, session: dict[str, Any], amount: int) -> None:
        """Give money back at the provider, as the merchant may do there."""
        (payment,) = self.stripe.payments_of(session["id"])
        provider = Http(
            self.ready["stripe_api_base"], {"Authorization": f"Bearer {self.ready['stripe_secret_key']}"}
        )
        provider.post("/v1/refunds", urlencode({"payment_intent": payment["id"], "amount": amount}).encode())

    def charged(self, session: dict[str, Any]) -> tuple[int, int]:
        """Return what the ledger has authorized and captured for a session."""
        ledger = self.stripe.ledger()
        sums = [ledger[one["id"]] for one in self.stripe.payments_of(session["id"]) if one["id"] in ledger]
        return sum(one["authorized"] for one in sums), sum(one["captured"] for one in sums)


def total_of(body: dict[str, Any]) -> int:
    return next(int(one["amount"]) for one in body["totals"] if one["type"] == "total")
