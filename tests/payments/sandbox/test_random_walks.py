import random
from collections import Counter
from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import Wire
from tests.payments.sandbox.running import RunningSandbox

CARDS = ["pm_card_visa"] * 6 + ["pm_card_visa_chargeDeclined", "pm_card_authenticationRequired"]
PATHS = {"capture": "amount_to_capture", "cancel": "", "confirm": "", "refund": "amount"}


def wander(wire: Wire, chance: random.Random, steps: int) -> Counter[int]:
    """Pay, capture, cancel, confirm and refund at random, sensibly or not, and count the statuses."""
    intents: list[str] = []
    statuses: Counter[int] = Counter()
    for _ in range(steps):
        answer = _pay(wire, chance) if not intents or chance.random() < 0.4 else _change(wire, chance, intents)
        statuses[answer.status] += 1
        if answer.status == 200 and answer.json["object"] == "payment_intent":
            intents.append(answer.json["id"])
    return statuses


def _pay(wire: Wire, chance: random.Random) -> Any:
    params = {
        "amount": chance.choice([50, 4900]),
        "currency": "usd",
        "confirm": chance.choice(["true", "true", "false"]),
        "payment_method": chance.choice(CARDS),
        "capture_method": chance.choice(["manual", "automatic"]),
        "allowed_payment_method_types[]": "card",
    }
    return wire("POST", "/v1/payment_intents", params, {"Idempotency-Key": f"k{chance.randrange(200)}"})


def _change(wire: Wire, chance: random.Random, intents: list[str]) -> Any:
    act, amount = chance.choice(list(PATHS.items()))
    intent = chance.choice(intents[-8:])
    params = {amount: chance.choice([1, 49, 50, 2000, 4900])} if amount and chance.random() < 0.6 else {}
    if act == "refund":
        return wire("POST", "/v1/refunds", {**params, "payment_intent": intent})
    return wire("POST", f"/v1/payment_intents/{intent}/{act}", params)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_objects_always_agree_with_the_ledger(
    client: stripe.StripeClient, wire: Wire, sandbox: RunningSandbox, key: str, seed: int
) -> None:
    statuses = wander(wire, random.Random(seed), 250)

    assert set(statuses) <= {200, 400, 402}
    assert statuses[200] > 50
    shown = wire("GET", f"/_sandbox/ledger?key={key}").json["payment_intents"]
    paid = 0
    for intent in client.v1.payment_intents.list(
        {"limit": 100, "expand": ["data.latest_charge"]}
    ).auto_paging_iter():
        charge = intent.to_dict()["latest_charge"]
        if charge is None or charge["status"] == "failed":
            assert intent.id not in shown
            continue
        paid += 1
        sums = shown[intent.id]
        assert (sums["authorized"], sums["held"]) == (charge["amount"], intent.amount_capturable)
        assert sums["captured"] == intent.amount_received == charge["amount_captured"]
        assert sums["refunded"] == charge["amount_refunded"] <= sums["captured"]
    assert paid == len(shown) > 20
