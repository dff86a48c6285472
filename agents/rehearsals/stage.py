"""What a step of a test purchase has at hand: the agent's voice, the facts so far, and the shop behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings

from agents.acp.v2026_04_17.handlers import CARD_HANDLER_ID
from agents.client import Agent, Exchange
from agents.rehearsals.models import Rehearsal
from commerce import sealing
from commerce.accounts.models import Merchant
from commerce.buyers import Address
from commerce.example_addresses import NAME, example_address
from commerce.money import Money

KEPT_CHARACTERS = 12_000
EMAIL = "test-purchase@example.com"


@dataclass
class Stage:
    """One rehearsal in memory. `facts` are kept with the row, `exchanges` with the step."""

    rehearsal: Rehearsal
    facts: dict[str, Any]
    exchanges: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def merchant(self) -> Merchant:
        return self.rehearsal.merchant

    @cached_property
    def agent(self) -> Agent:
        """The agent, with the key of this test purchase."""
        sealed = self.rehearsal.sealed_key
        return Agent(settings.PUBLIC_BASE_URL, sealing.unseal(sealed) if sealed else "", note=self._note)

    def send(self, path: str, body: dict[str, Any], name: str) -> dict[str, Any]:
        """Send a request under a key of its own, so that a repetition after a crash does it once."""
        answer: dict[str, Any] = self.agent.send(path, body, f"{self.rehearsal.pk}:{name}")
        return answer

    @property
    def session_path(self) -> str:
        return f"/checkout_sessions/{self.facts['session']}"

    @property
    def address(self) -> Address:
        shop = self.merchant
        return example_address(shop.country, region=shop.region, postal_code=shop.postal_code)

    def payment(self, token: str) -> dict[str, Any]:
        """Return how the agent pays."""
        credential = {"type": "spt", "token": token}
        return {"handler_id": CARD_HANDLER_ID, "instrument": {"type": "card", "credential": credential}}

    def money(self, minor: int) -> str:
        return str(Money(minor, self.merchant.currency))

    def _note(self, exchange: Exchange) -> None:
        self.exchanges.append(
            {
                "method": exchange.method,
                "path": exchange.path,
                "sent": exchange.sent[:KEPT_CHARACTERS],
                "status": exchange.status,
                "answer": exchange.answer[:KEPT_CHARACTERS].replace("\x00", "\ufffd"),
                "milliseconds": exchange.milliseconds,
                "error": exchange.error,
            }
        )


def address_body(address: Address) -> dict[str, str]:
    """Write an address as the protocol does."""
    return {
        "name": NAME,
        "line_one": address.line_one,
        "city": address.city,
        "state": address.region,
        "country": address.country,
        "postal_code": address.postal_code,
    }


def amount(body: dict[str, Any], kind: str) -> int:
    """Return the sum of a session's totals of one kind."""
    return sum(int(one["amount"]) for one in body["totals"] if one["type"] == kind)


def adds_up(body: dict[str, Any]) -> bool:
    """Say whether the total of a session is the sum of its parts."""
    parts = amount(body, "items_base_amount") - amount(body, "items_discount") - amount(body, "discount")
    return amount(body, "total") == parts + amount(body, "fulfillment") + amount(body, "tax") + amount(body, "fee")


def first_message(body: dict[str, Any]) -> str:
    """Return what a session has to say, the gravest first."""
    messages = sorted(body.get("messages", []), key=lambda one: one["type"] != "error")
    return str(messages[0]["content"]) if messages else ""
