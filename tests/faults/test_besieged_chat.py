"""Shoppers in the chat of a shop whose processes are killed while they buy: nobody pays wrongly, nothing is stuck."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.evaluation.scenarios import SCENARIOS
from agents.evaluation.siege import besieged
from tests.journeys.running import processes_of

HARD_ZEROS = ("wrong_charges", "orders_without_grant", "duplicate_orders", "broken")
PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every family, each once, while a process is killed as soon as all are back."""
    directory = tmp_path_factory.mktemp("siege")
    families = [one.family for one in SCENARIOS]
    told = besieged(directory, families, times=1, shoppers=8, every=2, seed=1)
    assert processes_of(directory) == {}
    return told


def test_nobody_pays_wrongly(told: dict[str, Any]) -> None:
    assert {name: told[name] for name in HARD_ZEROS} == dict.fromkeys(HARD_ZEROS, 0)


def test_every_family_was_played(told: dict[str, Any]) -> None:
    assert (told["runs"], set(told["families"])) == (len(SCENARIOS), {one.family for one in SCENARIOS})
    assert {name: row["problems"] for name, row in told["families"].items() if row["problems"]} == {}


def test_turns_were_cut_off(told: dict[str, Any]) -> None:
    killed = {name.partition(" in the middle of ")[0] for name in told["killed"]}

    assert {"chat", "valkey"} < killed
    assert told["faults_injected"] > 0
