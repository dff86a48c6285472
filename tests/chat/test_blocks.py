"""Events fold into what a page shows."""

from __future__ import annotations

from typing import Any

from agents.chat.blocks import Added, Block, Fold, Replaced
from agents.chat.models import ChatEvent


def folded(*told: tuple[str, dict[str, Any]]) -> Fold:
    return Fold().take_all(event(number, kind, data) for number, (kind, data) in enumerate(told, 1))


def event(number: int, kind: str, data: dict[str, Any]) -> ChatEvent:
    return ChatEvent(pk=number, kind=kind, data=data, turn_id="trn_1")


def test_a_new_order_takes_the_step_from_the_problem_before() -> None:
    fold = folded(("checkout", {"checkout": "cs_1"}), ("problem", {"code": "expired", "checkout": "cs_1"}))
    assert (fold.has_problem("cs_1"), fold.has_problem("cs_2")) == (True, False)

    changes = fold.take(event(3, "checkout", {"checkout": "cs_2"}))

    assert changes == [
        Replaced(Block("e2", "problem", {"code": "expired", "checkout": "cs_1", "is_over": True}, "trn_1")),
        Replaced(Block("sheet-cs_1", "sheet", {"checkout": "cs_1"}, "trn_1")),
        Added(Block("sheet-cs_2", "sheet", {"checkout": "cs_2"}, "trn_1")),
    ]
    assert fold.has_problem("cs_1") is False


def test_the_same_order_again_leaves_its_problem() -> None:
    fold = folded(("checkout", {"checkout": "cs_1"}), ("problem", {"code": "declined", "checkout": "cs_1"}))

    fold.take(event(3, "checkout", {"checkout": "cs_1"}))

    assert fold.has_problem("cs_1") is True
