from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.running import RunningDemo, processes_of
from tests.journeys.shopper import Shopper


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """One running shop for all tests of a module that buy in it. It ends with nothing left behind."""
    directory = tmp_path_factory.mktemp("demo")
    running = RunningDemo.serving(directory, "--port", "8100")
    yield running
    assert running.stop() == 0
    assert processes_of(directory) == {}


@pytest.fixture
def shopper(demo: RunningDemo) -> Shopper:
    return Shopper(demo)
