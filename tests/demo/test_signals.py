from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from agents.demo.signals import Signals, StopRequested

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = {number: signal.signal(number, signal.SIG_DFL) for number in NUMBERS}  # the tests may run under nohup
    listening = Signals()
    listening.listen()
    yield listening
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_signal_is_raised_at_once(signals: Signals, number: int) -> None:
    with pytest.raises(StopRequested) as caught:
        os.kill(os.getpid(), number)

    assert caught.value.number == number


def test_held_signal_is_raised_at_the_end(signals: Signals) -> None:
    done = []

    def block() -> None:
        with signals.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("the rest of the block")

    with pytest.raises(StopRequested):
        block()
    assert done == ["the rest of the block"]


def test_second_signal_is_urgent_and_not_raised(signals: Signals) -> None:
    with pytest.raises(StopRequested):
        os.kill(os.getpid(), signal.SIGINT)

    os.kill(os.getpid(), signal.SIGINT)

    assert signals.is_urgent
    assert signals.received == signal.SIGINT
