from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.soak.leaks import leaks
from agents.soak.world import World
from tests.faults.trial import SHORTEST_WAITS, Trial, armed_at


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/faults/" in item.nodeid:
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    directory = tmp_path_factory.mktemp("trial")
    also = {"EMAIL_URL": f"file://{directory}/mails", "FAILPOINTS": f"@{armed_at(directory)}"}
    world = World(directory, environment={**SHORTEST_WAITS, **also})
    try:
        world.start(without=("chat",))
        trial = Trial(world)
        yield trial
        trial.close()
        assert leaks(world) == []
    finally:
        world.stop()
