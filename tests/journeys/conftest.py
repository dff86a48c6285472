from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.running import RunningDemo
from tests.journeys.shopper import Shopper


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """One running shop for all tests of a module that buy in it."""
    running = RunningDemo.serving(tmp_path_factory.mktemp("demo"), "--port", "8100")
    yield running
    running.stop()


@pytest.fixture
def shopper(demo: RunningDemo) -> Shopper:
    return Shopper(demo)
