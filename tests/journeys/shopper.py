"""An agent that buys in a running demo, and looks at what came of it from all sides."""

from __future__ import annotations

from typing import Any, Protocol

from agents.client import Agent, Http
from agents.demo.agent import Carrier, Stripe
from agents.demo.purchase import ADDRESS, BUYER
from tests.journeys.running import wait_until
from tests.stripe_account import StripeAccount


class Running(Protocol):
    """A shop that runs somewhere."""

    def ready(self) -> dict[str, Any]:
        """Say what a demo's ready file says."""


class Shopper:
    """Speaks to the demo with the key of its ready file."""

    def __init__(self, demo: Running) -> None:
        self.ready = ready = demo.ready()
        self.agent = Agent(ready["base_url"], ready["agent_key"])
        self.stripe = Stripe(ready["stripe_api_base"], ready["stripe_secret_key"])
        self.carrier = Carrier(ready["base_url"], ready["merchant"], ready["fulfillment_secret"])
        self.account = StripeAccount(ready["stripe_api_base"], ready["stripe_secret_key"])
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

    def choose(self, session: dict[str, Any]) -> Any:
        """Choose the dearest shipping where there is something to ship."""
        shipped = [one for one in session["fulfillment_options"] if one["type"] == "shipping"]
        if not shipped:
            return session
        option = max(shipped, key=lambda one: int(one["totals"][-1]["amount"]))
        chosen = {"type": "shipping", "option_id": option["id"], "item_ids": []}
        return self.agent.send(f"/checkout_sessions/{session['id']}", {"selected_fulfillment_options": [chosen]})

    def pay(self, session: dict[str, Any], card: str = "pm_card_visa") -> Any:
        """Pay with a token for just the total."""
        return self.agent.send(f"/checkout_sessions/{session['id']}/complete", self.payment(session, card))

    def payment(self, session: dict[str, Any], card: str = "pm_card_visa") -> dict[str, Any]:
        token = self.account.mint(total_of(session), card=card, currency=session["currency"])
        instrument = {"type": "card", "credential": {"type": "spt", "token": token}}
        return {"payment_data": {"handler_id": self.ready["handler_id"], "instrument": instrument}}

    def buy(self, *ids: str, card: str = "pm_card_visa") -> Any:
        """Buy one of each item and return the completed session."""
        return self.pay(self.choose(self.create(*ids)), card)

    def ship(self, order: dict[str, Any], kind: str, **parcel: Any) -> None:
        self.carrier.tell(kind, {"order": order["id"], "shipment": "parcel-1", **parcel})

    def order(self, session: dict[str, Any]) -> dict[str, Any]:
        """Return an order as the shop shows it now."""
        return dict(self.agent.read(f"/checkout_sessions/{session['id']}")["order"])

    def adjusted(self, session: dict[str, Any], *wanted: tuple[str, str]) -> None:
        """Wait until an order has just these adjustments, by kind and status."""

        def shown() -> list[tuple[str, str]]:
            return sorted((one["type"], one["status"]) for one in self.order(session)["adjustments"])

        wait_until(lambda: shown() == sorted(wanted), f"{wanted} did not show")

    def events(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what the agent's receiver has heard of an order; it keeps nothing with a wrong signature."""
        return list(self._receiver.get(f"/events?order={order['id']}")["events"])

    def hear(self, order: dict[str, Any], count: int) -> list[dict[str, Any]]:
        """Wait until that many events of an order have come."""
        wait_until(lambda: len(self.events(order)) >= count, f"{count} events")
        return self.events(order)

    def refund(self, session: dict[str, Any], amount: int) -> None:
        """Give money back at the provider, as the merchant may do there."""
        (payment,) = self.stripe.payments_of(session["id"])
        self.account.client().v1.refunds.create({"payment_intent": payment["id"], "amount": amount})

    def charged(self, session: dict[str, Any]) -> tuple[int, int]:
        """Return what the ledger has authorized and captured for a session."""
        ledger = self.stripe.ledger()
        sums = [ledger[one["id"]] for one in self.stripe.payments_of(session["id"]) if one["id"] in ledger]
        return sum(one["authorized"] for one in sums), sum(one["captured"] for one in sums)


def total_of(body: dict[str, Any]) -> int:
    return next(int(one["amount"]) for one in body["totals"] if one["type"] == "total")
