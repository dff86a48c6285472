"""The one instant at which tests run, whatever the machine's date, hour and zone are.

Time stands still from a test's first fixture to its last, but for one microsecond at each look at the clock, so that
what happens one after the other can be told apart. What has to pass is let pass: `time_machine.travel` within the
test, `StripeAccount.advance` at the provider. A test marked `real_time` goes by the machine's clock.

`time.monotonic` and `time.perf_counter` always go on, so that time-outs, pools and event loops work.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""A Tuesday, six hours from midnight in the shops of the tests, and no day on which a zone changes its offset."""

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""What the provider's process takes for now when it starts: accounts are moved ahead from there, and never back."""

TESTS = Path(__file__).parent
WRONG_CLOCK = TESTS / "faults" / "wrong_clock"

REAL_TIME = ("browser", "faults", "journeys", "payments/contract", "payments/sandbox")
"""Folders whose tests speak with processes that have clocks of their own: Chromium, the whole shop, the sandbox."""


def mark_real_time(items: list[pytest.Item]) -> None:
    """Mark the tests of the folders in REAL_TIME."""
    for item in items:
        if item.path.relative_to(TESTS).as_posix().startswith(tuple(f"{folder}/" for folder in REAL_TIME)):
            item.add_marker(pytest.mark.real_time)


@contextmanager
def clock_of(item: pytest.Item) -> Iterator[None]:
    """Let time stand still at NOW, unless the test is marked `real_time`."""
    if item.get_closest_marker("real_time"):
        yield
        return
    looks = itertools.count()

    def now() -> datetime:
        return datetime.now(tz=UTC) + timedelta(microseconds=next(looks))

    with time_machine.travel(NOW, tick=False), pytest.MonkeyPatch.context() as patched:
        patched.setattr(timezone, "now", now)
        yield


@contextmanager
def processes_start_at(moment: datetime, directory: Path) -> Iterator[None]:
    """Let the Python processes that are started within go by a clock that says `moment` now, and ticks."""
    real = time_machine.escape_hatch.time.time() if time_machine.escape_hatch.is_travelling() else time.time()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(WRONG_CLOCK), prepend=os.pathsep)
        patched.setenv("CLOCK_OFFSETS", str(moment.timestamp() - real))
        patched.setenv("CLOCK_TURNS", str(directory))
        yield
