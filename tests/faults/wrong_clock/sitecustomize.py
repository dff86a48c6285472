"""Sets the clock of a Python process wrong by CLOCK_OFFSETS, seconds, from its start; of several, each gets another.

Python reads this before anything else where its directory is on PYTHONPATH. Forked processes inherit the clock.
CLOCK_OFFSETS is a list with commas, CLOCK_TURNS a directory in which processes that share it count themselves.
"""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import time_machine


def turn(directory: Path) -> int:
    """Return how many processes have asked before."""
    for number in itertools.count():
        try:
            directory.joinpath(str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue
        return number
    raise AssertionError


offsets = [float(one) for one in os.environ["CLOCK_OFFSETS"].split(",")]
offset = offsets[turn(Path(os.environ["CLOCK_TURNS"])) % len(offsets)]
time_machine.travel(time.time() + offset, tick=True).start()
