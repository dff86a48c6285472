"""The rules as a chat model: what a graph and a stream see of them."""

from __future__ import annotations

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage

from agents.shopper.rules.memory import Memory
from agents.shopper.rules.model import RulesModel, beginning, next_message
from agents.shopper.rules.picking import called, fit
from agents.shopper.rules.readers import read_result
from agents.shopper.rules.results import Failure, Product, Variant
from tests.shopper.rules.chat import PROMPT, Chat
from tests.shopper.rules.shop import FakeShop

WHO = "Jane Roe, jane@example.com, 12 Main St, Springfield IL 62701"


def test_words_come_one_by_one_and_calls_last() -> None:
    model = RulesModel()
    pieces = list(model.stream([SystemMessage(PROMPT), HumanMessage("hi")]))
    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece

    assert len(pieces) > 5
    assert whole.text == next_message([SystemMessage(PROMPT), HumanMessage("hi")]).text
    assert pieces[-1].chunk_position == "last"
    (only,) = [
        one
        for one in model.stream([HumanMessage("a mug")])
        if isinstance(one, AIMessageChunk) and one.tool_call_chunks
    ]
    assert only.tool_calls[0]["args"] == {"words": "mug"}


def test_what_was_asked_survives_the_stream() -> None:
    chat = Chat()
    for _ in chat.agent.stream({"messages": [HumanMessage("bracelets")]}, chat.config, stream_mode="messages"):
        pass

    assert chat.messages[-1].additional_kwargs["asked"]["about"] == "which"
    chat.say("2")
    assert chat.items == {"var_bead_0": 1}


def test_the_same_messages_get_the_same_answer() -> None:
    first, second = Chat(), Chat()
    for chat in (first, second):
        for words in ("two navy totes", WHO, "express", "make it three"):
            chat.say(words)
    calls = [
        [call["id"] for one in chat.messages if isinstance(one, AIMessage) for call in one.tool_calls]
        for chat in (first, second)
    ]

    assert calls[0] == calls[1]
    assert len(set(calls[0])) == len(calls[0]) > 4


def test_the_first_message_tells_day_shop_and_currency() -> None:
    memory = beginning([SystemMessage(PROMPT)])

    assert (memory.today.isoformat(), memory.shop, memory.currency) == ("2026-11-23", "Fogline", "USD")


def test_history_of_another_model_is_understood() -> None:
    """Nothing is kept but messages, so a conversation may change hands."""
    shop = FakeShop()
    call = {"name": "search_products", "args": {"words": "bracelet"}, "id": "x1", "type": "tool_call"}
    messages = [
        SystemMessage(PROMPT),
        HumanMessage("bracelets"),
        AIMessage("", tool_calls=[call]),
        ToolMessage(
            __import__("json").dumps(shop.search_products("bracelet")), tool_call_id="x1", name="search_products"
        ),
        AIMessage("There are three."),
        HumanMessage("I'll take the second one"),
    ]

    (asked,) = next_message(messages).tool_calls
    assert (asked["name"], asked["args"]) == (
        "start_checkout",
        {"items": [{"variant_id": "var_bead_0", "quantity": 1}]},
    )


def test_a_call_without_its_result_is_passed_over() -> None:
    call = {"name": "search_products", "args": {}, "id": "x1", "type": "tool_call"}

    assert next_message(
        [HumanMessage("a mug"), AIMessage("", tool_calls=[call]), HumanMessage("hello")]
    ).text.startswith("Hello!")


def test_a_tool_that_was_stopped_is_a_failure() -> None:
    assert read_result("search_products", "Tool call limit reached.", is_error=False) == Failure(
        "unreadable", "Tool call limit reached."
    )
    assert isinstance(read_result("start_checkout", '{"checkout_id": 1}', is_error=False), Failure)


def bag() -> Product:
    values = [("5 L", "Orange"), ("5 L", "Gray"), ("10 L", "Orange"), ("10 L", "Gray")]
    variants = tuple(
        Variant(
            f"v{index}",
            "",
            (("Size", size), ("Color", color)),
            "19.00 USD",
            "",
            "in_stock",
            None,
            None,
            True,
            False,
            (),
        )
        for index, (size, color) in enumerate(values)
    )
    return Product("p1", "Harbor Dry Bag", "Quillback", "", ("bags",), variants)


def test_words_leave_the_variants_they_name() -> None:
    assert [one.id for one in fit(bag(), "gray 10 L").variants] == ["v3"]
    assert [one.id for one in fit(bag(), "the grey one").variants] == ["v1", "v3"]
    assert [one.id for one in fit(bag(), "orange", "gray 5 L").variants] == ["v0"]
    assert fit(bag(), "in red").lacking == ("red",)
    assert len(fit(bag(), "please").variants) == 4


def test_words_call_the_products_they_fit_best() -> None:
    assert called(("dry", "bag"), (bag(),)) == (bag(),)
    assert called(("tent",), (bag(),)) == ()
    assert Memory(today=beginning([]).today).focused is None
