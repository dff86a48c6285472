"""Real processes die at each step of a purchase; afterwards four witnesses agree."""

from __future__ import annotations

import pytest

from tests.faults.trial import Trial

OF_THE_REQUEST = [
    "request.before_claim",
    "request.after_claim",
    "complete.before_reserve",
    "complete.after_reserve",
    "complete.before_ask",
    "provider.before_send",
    "provider.after_send",
    "complete.after_ask",
    "settle.before_write",
    "settle.after_write",
    "complete.after_settle",
    "request.before_answer",
]
OF_THE_WORK = [
    "relay.after_claim",
    "relay.after_handler",
    "relay.before_forget",
    "capture.before_ask",
    "capture.after_ask",
    "capture.after_write",
    "delivery.before_send",
    "delivery.after_send",
    "delivery.after_record",
]
OF_GIVING_BACK = ["refund.before_ask", "refund.after_ask", "refund.after_write"]


@pytest.mark.parametrize("point", OF_THE_REQUEST)
def test_web_dies_in_a_request(trial: Trial, point: str) -> None:
    with trial.dying_at(point):
        buying = trial.begin()

    assert trial.end(buying) == "completed"
    trial.check()


@pytest.mark.parametrize("point", OF_THE_WORK)
def test_worker_dies_after_the_sale(trial: Trial, point: str) -> None:
    with trial.dying_at(point):
        assert trial.end(trial.begin()) == "completed"

    trial.check()


@pytest.mark.parametrize("point", OF_GIVING_BACK)
def test_worker_dies_while_money_is_given_back(trial: Trial, point: str) -> None:
    story = trial.buy()

    with trial.dying_at(point):
        trial.cancel(story)

    trial.check()
