"""A model behind a server that speaks OpenAI's protocol: the way that users configure, whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from langchain_core.utils.function_calling import convert_to_openai_tool
from pytest_django import Settings

from agents.chat import turns
from agents.chat.models import Turn
from agents.client import Agent
from agents.shopper.language_models import shopper_model
from agents.shopper.tools import TOOLS
from commerce.catalog.models import Variant
from commerce.orders.models import Order
from tests.chat.conftest import ADDRESS, BUYER, Chat
from tests.shopper.openai_server import OpenAIServer, Request


@pytest.fixture
def openai_server(settings: Settings, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    server = OpenAIServer()
    settings.SHOPPER_MODEL = "openai:any-model"
    settings.SHOPPER_MODEL_BASE_URL = server.base_url
    settings.SHOPPER_MODEL_KEY = "sk-of-the-model"
    monkeypatch.setattr(turns, "shopper_model", shopper_model)
    yield server
    server.close()


def tool(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def last_checkout(request: Request) -> str:
    told = [json.loads(one["content"]) for one in request["messages"] if one["role"] == "tool"]
    return next(str(one["checkout_id"]) for one in reversed(told) if "checkout_id" in one)


def test_it_sells(chat: Chat, mug: Variant, openai_server: OpenAIServer) -> None:
    openai_server.script += [
        tool("search_products", words="mug", price_max="60"),
        tool("start_checkout", items=[{"variant_id": mug.pk, "quantity": 2}]),
        lambda asked: tool("update_checkout", checkout_id=last_checkout(asked), buyer=BUYER, address=ADDRESS),
        lambda asked: tool("ask_to_pay", checkout_id=last_checkout(asked)),
    ]
    chat.say("Two mugs to 1 Market St")
    openai_server.script.append("It is on its way.")
    chat.confirm(chat.asked())
    chat.run()

    assert Order.objects.get().total_minor == 3600 + 500 + 261
    assert chat.said() == "It is on its way."
    assert openai_server.keys == {"Bearer sk-of-the-model"}
    first = openai_server.requests[0]
    assert first["messages"][0]["role"] == "system"
    assert first["messages"][1] == {"role": "user", "content": "Two mugs to 1 Market St"}
    names = {one["function"]["name"] for one in first["tools"]}
    assert {"search_products", "ask_to_pay", "request_return"} <= names
    seen = json.dumps(openai_server.requests)
    assert [one for one in ("spt_", "ack_", "4242", "sk_test") if one in seen] == []


def test_no_tool_takes_a_price() -> None:
    arguments = {name for one in TOOLS for name in _properties(convert_to_openai_tool(one))}
    assert {one for one in arguments if "price" in one or "amount" in one} == {"price_min", "price_max"}  # filters
    assert {"variant_id", "quantity", "discount_codes"} <= arguments


def _properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


def test_a_passing_failure_is_asked_again(chat: Chat, openai_server: OpenAIServer) -> None:
    openai_server.failures = 1
    openai_server.script.append("Hello there.")
    assert chat.say("Hello").status == Turn.Status.DONE
    assert chat.said() == "Hello there."


def test_wrong_arguments_are_told_to_the_model(chat: Chat, openai_server: OpenAIServer) -> None:
    def told(asked: Request) -> str:
        return str(asked["messages"][-1]["content"])

    openai_server.script += [tool("start_checkout", items=[{"variant_id": "var_invented", "quantity": 1}]), told]
    chat.say("Buy the thing")
    assert "var_invented" in chat.said() or "item" in chat.said()


def test_a_broken_call_is_told_to_the_model(chat: Chat, openai_server: OpenAIServer) -> None:
    openai_server.script += [tool("start_checkout", items="two mugs"), "I am sorry."]
    assert chat.say("Buy the thing").status == Turn.Status.DONE
    assert chat.said() == "I am sorry."


def test_words_go_on_where_the_model_was_missing(
    chat: Chat, mug: Variant, openai_server: OpenAIServer, settings: Settings
) -> None:
    _ask(chat, mug, openai_server)
    base_url, settings.SHOPPER_MODEL_BASE_URL = settings.SHOPPER_MODEL_BASE_URL, ""
    settings.SHOPPER_MODEL = "nobody:any-model"
    assert chat.say("No, two of them").status == Turn.Status.FAILED

    settings.SHOPPER_MODEL, settings.SHOPPER_MODEL_BASE_URL = "openai:any-model", base_url
    openai_server.script.append(lambda asked: str(json.loads(asked["messages"][-1]["content"])["shopper_said"]))
    turn = chat.say("Two, please")

    assert (turn.status, turn.tries) == (Turn.Status.DONE, 1)
    assert chat.said() == "Two, please"


def test_words_go_on_where_a_tool_broke(
    chat: Chat, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: Any) -> Any:
        raise MemoryError

    openai_server.script.append(tool("search_products", words="mug"))
    with monkeypatch.context() as patch:
        patch.setattr(Agent, "get", break_down)
        turn = chat.say("A mug")
        Turn.objects.filter(pk=turn.pk).update(tries=4, due_at=timezone.now())
        chat.run()
    turn.refresh_from_db()
    assert (turn.status, turn.tries) == (Turn.Status.FAILED, 5)

    openai_server.script.append(lambda asked: str(json.loads(asked["messages"][-2]["content"])["error"]["code"]))
    turn = chat.say("Are you there?")

    assert (turn.status, turn.tries) == (Turn.Status.DONE, 1)
    assert chat.said() == "cut_off"


def _ask(chat: Chat, mug: Variant, openai_server: OpenAIServer) -> None:
    openai_server.script += [
        tool("start_checkout", items=[{"variant_id": mug.pk, "quantity": 1}]),
        lambda asked: tool("update_checkout", checkout_id=last_checkout(asked), buyer=BUYER, address=ADDRESS),
        lambda asked: tool("ask_to_pay", checkout_id=last_checkout(asked)),
    ]
    chat.say("A mug to 1 Market St")
    assert chat.asked()
