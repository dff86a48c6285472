"""What the witnesses of a soak say is compared: each lie of one of them is found, and nothing where they agree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from agents.soak import witnesses
from agents.soak.invariants import broken
from agents.soak.witnesses import Database, Heard, Story

COMPLETE = "/acp/checkout_sessions/cs_1/complete"
SUMS = {"authorized": 900, "captured": 900, "voided": 0, "refunded": 0, "held": 0}


def agreed() -> witnesses.Testimony:
    """One order of 9.00, paid, told and shown."""
    attempt = {
        "id": "pay_1",
        "reference": "cs_1",
        "request_key": hashlib.sha256(f"agt_1\n{COMPLETE}\nk1".encode()).hexdigest(),
        "captured_minor": 900,
        "provider_reference": "pi_1",
    }
    order = {
        "id": "ord_1",
        "checkout_session_id": "cs_1",
        "payment_id": "pay_1",
        "status": "confirmed",
        "total_minor": 900,
        "refunded_minor": 0,
    }
    stock = {"variant_id": "var_1", "on_hand": 4, "reserved": 0, "held": 0, "sold": 1, "allow_backorder": False}
    shown = {"id": "ord_1", "status": "confirmed"}
    return witnesses.Testimony(
        ledger={"pi_1": dict(SUMS)},
        intents={"pi_1": {"metadata": {"payment_attempt": "pay_1", "checkout_session": "cs_1"}}},
        database=Database(
            sessions={"cs_1": {"id": "cs_1", "agent_id": "agt_1"}},
            orders={"ord_1": order},
            attempts=[attempt],
            refunds=[],
            stock=[stock],
            planned={"ord_1": [{"request_id": "evt_1"}]},
            pending={},
        ),
        received=[{"request_id": "evt_1", "type": "order_create", "order_id": "ord_1", "order": dict(shown)}],
        shown={"cs_1": {"status": "completed", "order": shown, "totals": [{"type": "total", "amount": 900}]}},
        stories=[Story(1, "cs_1", [Heard(COMPLETE, "k1", 200, '{"status": "completed"}')], {"ord_1"})],
        stock={"var_1": 5},
    )


def change(told: Any, **changes: Any) -> None:
    told.update(changes)


def pay_again(told: witnesses.Testimony) -> None:
    again: Any = told.ledger
    again["pi_2"] = {**SUMS, "refunded": 900}
    intents: Any = told.intents
    intents["pi_2"] = told.intents["pi_1"]


def decline_earlier(told: witnesses.Testimony) -> None:
    answers = told.stories[0].answers
    answers[:] = [
        Heard(COMPLETE, "k1", 200, '{"messages": [{"code": "payment_declined"}]}'),
        Heard(COMPLETE, "k2", 200, '{"status": "completed"}'),
    ]


def test_nothing_is_broken_where_all_agree() -> None:
    assert broken(agreed()) == []


@pytest.mark.parametrize(
    ("lie", "invariant", "what"),
    [
        (lambda told: change(told.database.orders["ord_1"], status="canceled"), "I1", "900 are paid, 0 are due"),
        (pay_again, "I1", "2 payments have taken money, whatever was given back since"),
        (decline_earlier, "I2", "holds or has taken money, and was told to be declined"),
        (
            lambda told: change(told.shown["cs_1"], totals=[{"type": "total", "amount": 800}]),
            "I2",
            "a total of 800 is shown, and 900 is the order's",
        ),
        (lambda told: change(told.database.stock[0], reserved=1), "I5", "1 are reserved, 0 of them for somebody"),
        (
            lambda told: change(told.received[0]["order"], status="shipped"),
            "I6",
            "is not what was heard of it last",
        ),
        (lambda told: told.database.planned.clear(), "I6", "nothing is in its log"),
        (lambda told: change(told.database.pending, units=1), "I9", "1 are left"),
    ],
)
def test_a_lie_is_found(lie: Callable[[Any], None], invariant: str, what: str) -> None:
    told = agreed()

    lie(told)

    assert (invariant, what) in [(one.invariant, one.what) for one in broken(told)]
