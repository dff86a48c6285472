"""Machines whose clocks are ten minutes apart sell, charge once and tell, and say that a clock is wrong.

Real processes, one shop for all tests. The database, the provider and the receiver of webhooks have the right time.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from agents.soak.world import World
from tests.faults.calling import Caller
from tests.faults.trial import Trial
from tests.journeys.running import wait_until
from tests.journeys.witnesses import ask
from tests.waiting import HANG_GUARD

FAST, SLOW = "600", "-600"
SITE = Path(__file__).parent / "wrong_clock"
SKEWED = ("web", "worker", "beat")


@pytest.fixture
def skew(trial: Trial, tmp_path: Path) -> Iterator[Any]:
    """Set clocks wrong, of what is named, by so many seconds; after the test all are right again."""

    def skew(**offsets: str) -> None:
        for name, offset in offsets.items():
            turns = tmp_path / name
            turns.mkdir()
            trial.world.tell({"PYTHONPATH": str(SITE), "CLOCK_OFFSETS": offset, "CLOCK_TURNS": str(turns)})
            trial.world.restart(name)
        trial.world.tell({})

    yield skew
    trial.world.restart(*SKEWED)


def test_what_is_sold_is_charged_once_captured_and_told_at_once(trial: Trial, skew: Any) -> None:
    skew(web=f"{FAST},{FAST},{SLOW}", worker=SLOW, beat=FAST)  # the second and third are those that answer

    stories = [trial.buy() for _ in range(3)]
    trial.cancel(stories[0])
    trial.check()  # within moments: nothing was due ten minutes later, no signature refused

    assert ready(trial.world) == {"status": "degraded", "postgresql": True, "broker": True, "clock": False}
    for name in ("web", "worker"):
        assert "clock is wrong" in trial.world.processes.log(name).read_text()


def test_a_payment_in_hand_is_nobody_elses_though_by_their_clock_its_lease_is_over(
    trial: Trial, skew: Any
) -> None:
    skew(web=SLOW, worker=FAST)
    caller = Caller(trial.world)
    session, payment = caller.ready_to_pay()
    with ThreadPoolExecutor(1) as aside:
        trial.world.pause("sandbox")
        answer = aside.submit(payment.make)
        wait_until(lambda: ask(caller.shopper, _ASKED, session["id"]) == [(1,)], "the payment was not begun")
        trial.world.go_on("sandbox")
        decided = answer.result(30)

    assert (decided.status, decided.body["status"]) == (200, "completed")
    assert payment.make().raw == decided.raw
    assert ask(caller.shopper, _TRIES, session["id"]) == [(1,)]
    trial.check()


_ASKED = "SELECT count(*) FROM payments_paymentattempt WHERE reference = %s AND status = 'submitting'"
_TRIES = "SELECT count(*) FROM payments_paymentattempt WHERE reference = %s"


def ready(world: World) -> Any:
    return requests.get(f"{world.stack.base_url}/health/ready", timeout=HANG_GUARD).json()
