from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import chromium
from tests.journeys.running import RunningDemo, processes_of
from tests.journeys.shopper import Shopper

__all__ = ["chromium"]  # one for all modules: a process has one Playwright


@pytest.fixture(scope="session")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running shop puts its e-mails, a file each."""
    return tmp_path_factory.mktemp("mails")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, mails: Path) -> Iterator[RunningDemo]:
    """One running shop for all tests of a module that buy in it. It ends with nothing left behind."""
    directory = tmp_path_factory.mktemp("demo")
    running = RunningDemo.serving(directory, "--port", "8100", given={"EMAIL_URL": f"file://{mails}"})
    yield running
    assert running.stop() == 0
    assert processes_of(directory) == {}


@pytest.fixture
def shopper(demo: RunningDemo) -> Shopper:
    return Shopper(demo)
