"""What the tools refuse before anything is asked of the shop."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

from agents.shopper.running import Conversation, Words
from tests.shopper.scripted import ScriptedModel, call
from tests.shopper.test_running import DESK


def heard(name: str, **arguments: Any) -> dict[str, Any]:
    """Return the error that a model hears of."""
    model = ScriptedModel(script=[call(name, **arguments), AIMessage("Well.")])
    graph = Conversation("cnv_1", model=model, saver=InMemorySaver())
    graph.run(Words("trn_1", "Do it"), answers="", desk=DESK, tell=lambda event: None)
    return dict(json.loads(model.heard[-1][-1].text)["error"])


@pytest.mark.parametrize("name", ["get_checkout", "update_checkout", "ask_to_pay", "cancel_checkout"])
def test_checkouts_of_others_are_not_there(name: str) -> None:
    assert heard(name, checkout_id="cs_ofsomebodyelse")["code"] == "not_found"


@pytest.mark.parametrize("name", ["order_status", "cancel_order", "request_return"])
def test_orders_of_others_are_not_there(name: str) -> None:
    arguments = {"reason": "damaged"} if name == "request_return" else {}
    assert heard(name, order_id="ord_ofsomebodyelse", **arguments)["code"] == "not_found"


@pytest.mark.parametrize("text", ["", "prod_1/../../acp", "prod_1%2F..", "prod_1?limit=1", "prod_1\n"])
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    assert heard("look_at_product", product_id=text)["code"] == "invalid"
    assert heard("update_cart", items=[], cart_id=text or "/")["code"] == "invalid"
