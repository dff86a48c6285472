"""A run of the graph by itself: how far it goes."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

from agents.client import Agent
from agents.shopper.desk import Desk, Payment
from agents.shopper.running import Conversation, Words
from tests.shopper.scripted import ScriptedModel, call

DESK = Desk(
    agent=Agent("http://127.0.0.1:9", "ack_none"),
    thread_id="cnv_1",
    shop_name="Mugs",
    currency="usd",
    today=date(2026, 4, 17),
    zone=ZoneInfo("UTC"),
    shopper="shp_1",
    payment_for=lambda confirmation: Payment(confirmation),
    opened=lambda session: None,
)


def test_as_many_calls_are_made_as_are_allowed() -> None:
    calls = [call("no_such_tool", f"call_{one}") for one in range(24)]
    model = ScriptedModel(script=[*calls, AIMessage("Done.")])
    events: list[dict[str, Any]] = []

    graph = Conversation("cnv_1", model=model, saver=InMemorySaver())
    graph.run(Words("trn_1", "Go on"), answers="", desk=DESK, tell=events.append)

    assert len(model.heard) == 25
    assert events[-1]["text"] == "Done. "


class Killed(BaseException):
    """As if the process were gone."""


class Dying(InMemorySaver):
    """Ends the run when so many checkpoints are kept; what the step before had written is kept by then."""

    left = 0

    def put(self, *args: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise Killed
        return super().put(*args, **options)


@pytest.mark.parametrize("after", range(1, 14))
def test_wherever_it_is_killed_the_words_are_answered(after: int) -> None:
    model = ScriptedModel(script=[call("no_such_tool"), AIMessage("Done.")])
    saver, told = Dying(), list[dict[str, Any]]()
    saver.left = after
    words = Words("trn_1", "Go on")

    with suppress(Killed):
        Conversation("cnv_1", model=model, saver=saver).run(words, answers="", desk=DESK, tell=told.append)
    told.clear()
    again = Conversation("cnv_1", model=model, saver=saver)
    again.run(words, answers="", desk=DESK, tell=told.append)

    assert [one["text"].strip() for one in told if one["kind"] == "text"][-1:] == ["Done."]
    assert again.has_heard("trn_1")
