"""The provider and its events go wrong in each way; afterwards four witnesses agree."""

from __future__ import annotations

import pytest

from agents.soak.rest import come_to_rest
from tests.faults.trial import Trial

SECONDS = {"delay": "1", "hang_before": "5", "hang_after": "5", "conflict": "2"}
OF_THE_PROVIDER = [
    "delay",
    "hang_before",
    "hang_after",
    "error_before",
    "error_after",
    "error_after_unkept",
    "reset",
    "truncate",
    "rate_limit",
    "conflict",
    "bad_gateway",
    "bad_gateway_after",
]
OF_EVENTS = ["webhook_duplicate", "webhook_shuffle", "webhook_hold", "webhook_drop", "webhook_early"]


@pytest.mark.parametrize("fault", OF_THE_PROVIDER)
def test_provider_answers_wrongly_when_paid(trial: Trial, fault: str) -> None:
    with trial.misbehaving("POST /v1/payment_intents", fault, times=2, seconds=SECONDS.get(fault, "")):
        assert trial.end(trial.begin()) == "completed"

    trial.check()


@pytest.mark.parametrize("fault", ["error_before_kept", *OF_THE_PROVIDER])
def test_provider_answers_wrongly_when_captured(trial: Trial, fault: str) -> None:
    call = "POST /v1/payment_intents/*/capture"
    with trial.misbehaving(call, fault, times=1, seconds=SECONDS.get(fault, "")):
        assert trial.end(trial.begin()) == "completed"
        trial.check()


@pytest.mark.parametrize("fault", OF_EVENTS)
def test_events_come_wrongly(trial: Trial, fault: str) -> None:
    story = trial.buy()

    with trial.misbehaving("*", fault, times=3):
        trial.cancel(story)
        come_to_rest(trial.world, seconds=2 if fault == "webhook_hold" else 150)

    trial.check()
