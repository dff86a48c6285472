"""Cards that are disputed, refuse refunds late or ask for 3D Secure, treated at random while time passes."""

import random
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Pass, Wire

CARDS = [
    "visa", "pendingRefund", "refundFail", "createDispute", "createDisputeInquiry", "createIssuerFraudRecord",
    "threeDSecure2Required", "threeDSecureRequiredChargeDeclined",
]  # fmt: skip
EVIDENCE = ["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "We did deliver."]
ACTS = [
    "pay", "pay", "pay", "capture", "cancel", "refund", "refund", "answer", "answer", "close", "authenticate",
    "pass",
]  # fmt: skip
TIMES = [60, 600, 24 * 60 * 60, 7 * 24 * 60 * 60]


class Life:
    """Acts at random, sensibly or not, and remembers the statuses of the answers."""

    def __init__(self, wire: Wire, let_pass: Pass, seed: int) -> None:
        self.wire, self.let_pass, self.chance = wire, let_pass, random.Random(seed)
        self.intents: list[str] = []
        self.statuses: set[int] = set()

    def act(self) -> None:
        act = self.chance.choice(ACTS) if self.intents else "pay"
        if act == "pass":
            self.let_pass(self.chance.choice(TIMES))
        elif act == "pay":
            self.pay()
        elif act in ("answer", "close"):
            self.dispute(act)
        else:
            self.change(act, self.chance.choice(self.intents[-8:]))

    def send(self, path: str, params: dict[str, Any]) -> Any:
        answer = self.wire("POST", path, params)
        self.statuses.add(answer.status)
        return answer

    def pay(self) -> None:
        params = {
            "amount": 4900,
            "currency": "usd",
            "confirm": "true",
            "payment_method": f"pm_card_{self.chance.choice(CARDS)}",
            "capture_method": self.chance.choice(["manual", "automatic"]),
            "allowed_payment_method_types[]": "card",
        }
        self.intents.append(self.send("/v1/payment_intents", params).json["id"])

    def change(self, act: str, intent: str) -> None:
        amount = {"amount": self.chance.choice([1, 2000, 4900])} if self.chance.random() < 0.7 else {}
        if act == "refund":
            self.send("/v1/refunds", {**amount, "payment_intent": intent})
        elif act == "authenticate":
            self.send(f"/_sandbox/3ds/{intent}", {"result": self.chance.choice(["complete", "fail"])})
        else:
            self.send(f"/v1/payment_intents/{intent}/{act}", {})

    def dispute(self, act: str) -> None:
        found = self.wire("GET", "/v1/disputes", {"limit": 5}).json["data"]
        if not found:
            return
        path = f"/v1/disputes/{self.chance.choice(found)['id']}"
        if act == "close":
            self.send(f"{path}/close", {})
        else:
            self.send(path, {"evidence[uncategorized_text]": self.chance.choice(EVIDENCE)})
            self.let_pass(self.chance.choice([1, 60]))


def sum_of(found: list[Any], *statuses: str) -> int:
    return sum(one["amount"] for one in found if one["status"] in statuses)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lives_always_agree_with_the_ledger(
    client: stripe.StripeClient, wire: Wire, let_pass: Pass, key: str, seed: int
) -> None:
    life = Life(wire, let_pass, seed)
    for _ in range(200):
        life.act()

    assert life.statuses <= {200, 400, 402, 409}
    ledger = wire("GET", f"/_sandbox/ledger?key={key}").json["payment_intents"]
    assert len(ledger) > 20
    charges = client.v1.charges.list({"limit": 100}).auto_paging_iter()
    for charge in (found for found in charges if found.status == "succeeded"):
        sums = ledger[str(charge.payment_intent)]
        refunds = wire("GET", "/v1/refunds", {"charge": charge.id, "limit": 100}).json["data"]
        disputes = wire("GET", "/v1/disputes", {"charge": charge.id}).json["data"]
        withdrawn = [one for one in disputes if not one["is_charge_refundable"]]
        assert sums["captured"] == charge.amount_captured
        assert sums["refunded"] == sum_of(refunds, "succeeded")
        assert charge.amount_refunded == sum_of(refunds, "succeeded", "pending")
        assert sums["disputed"] == sum(one["amount"] for one in withdrawn)
        assert sums["refunded"] + sums["disputed"] <= sums["captured"]
        assert charge.disputed == bool(disputes)
