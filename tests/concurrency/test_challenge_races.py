"""Agent, buyer, clock and provider at once over one payment that waits for its buyer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from commerce.catalog.models import Variant
from commerce.checkout.sweeps import look_after_challenges
from commerce.inventory.models import Reservation
from commerce.orders.models import Order
from commerce.outbox.models import OutboxEvent
from commerce.payments.models import PaymentAttempt
from tests.challenge import PROOF, Challenged, settle, stock
from tests.concurrency.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


def visit(challenged: Challenged) -> int:
    return Client(raise_request_exception=False).get(f"/checkout/{challenged.id}").status_code


def look(minutes: int) -> int:
    look_after_challenges(now=timezone.now() + timedelta(minutes=minutes))
    return 200


def tell(challenged: Challenged, outcome: str) -> int:
    return challenged.tell(outcome, PROOF).status


def test_passed_at_once_by_everybody_is_one_order(challenged: Challenged, tote: Variant) -> None:
    challenged.decide("complete")
    calls: list[Callable[[], int]] = [
        *[partial(visit, challenged)] * 6,
        *[partial(tell, challenged, "authenticated")] * 6,
        *[partial(look, minutes) for minutes in (1, 2, 16)],
    ]

    answers = race(calls)

    assert set(answers) <= {200, 405, 409}
    assert challenged.acp.read(challenged.id).body["status"] == "completed"
    settle()
    assert Order.objects.count() == 1
    assert challenged.stripe.ledger() == [("authorization", challenged.total), ("capture", challenged.total)]
    assert stock(tote) == (8, 0)


@pytest.mark.parametrize("ending", ["cancel", "update", "denied", "timeout"])
def test_given_up_while_it_is_passed_is_paid_or_given_back(
    challenged: Challenged, tote: Variant, ending: str
) -> None:
    def end() -> int:
        ways: dict[str, Callable[[], Any]] = {
            "cancel": lambda: challenged.acp.cancel(challenged.id).status,
            "update": lambda: challenged.acp.update(challenged.id, order_notes="x").status,
            "denied": lambda: tell(challenged, "denied"),
            "timeout": lambda: look(16),
        }
        return int(ways[ending]())

    decide, come_back = partial(challenged.decide, "complete"), partial(visit, challenged)
    calls: list[Callable[[], Any]] = [end, decide, come_back, come_back, come_back, end]
    answers = race(calls)

    settle()
    OutboxEvent.objects.update(due_at=timezone.now())
    settle()
    assert {answer for answer in answers if isinstance(answer, int)} <= {200, 405, 409}
    kinds = [entry for entry, _ in challenged.stripe.ledger()]
    assert kinds in ([], ["authorization", "void"], ["authorization", "capture"])
    is_sold = kinds == ["authorization", "capture"]
    assert Order.objects.count() == is_sold
    assert stock(tote) == ((8, 0) if is_sold else (10, 0))
    assert not Reservation.objects.filter(status="held").exists()
    assert PaymentAttempt.objects.get().status == ("captured" if is_sold else "failed")
    assert not OutboxEvent.objects.exists()
