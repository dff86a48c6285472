"""What comes of asking to pay, and what is done about it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shopper.rules.chat import Chat
from tests.shopper.rules.shop import FakeShop

WHO = "Jane Roe, jane@example.com, 12 Main St, Springfield IL 62701"


def at_the_order(*outcomes: dict[str, Any], what: str = "a headlamp") -> Chat:
    chat = Chat(FakeShop(outcomes=list(outcomes)))
    chat.say(f"buy {what}, {WHO}, standard")
    assert chat.is_asked
    return chat


def outcome(kind: str, message: str, state: str = "") -> dict[str, Any]:
    return {"outcome": kind, "message": message, "state": state}


@pytest.mark.parametrize(
    ("kind", "message", "next_step"),
    [
        ("declined", "The card was declined.", "another card"),
        (
            "terms_changed",
            "The price of Headlamp 320 has changed.",
            "The total is now 44.95 USD. Shall I show you the order as it is now?",
        ),
        ("refused", "This key may not spend so much.", "Shall I show you the order again?"),
    ],
)
def test_what_can_be_tried_again_is_offered(kind: str, message: str, next_step: str) -> None:
    chat = at_the_order(outcome(kind, message))
    told = chat.press_pay()
    assert message in told
    assert "Nothing was charged" in told
    assert next_step in told
    assert not chat.is_asked
    chat.say("yes")
    assert chat.is_asked
    chat.press_pay()
    assert len(chat.shop.orders) == 1


def test_an_undecided_payment_is_never_asked_for_again() -> None:
    chat = at_the_order(outcome("undecided", "It is being looked into.", "complete_in_progress"))
    assert "please do not pay again" in chat.press_pay()
    for words in ("pay", "yes", "try again", "done", "where is my order?", "make it 2", "cancel"):
        chat.say(words)
        assert not chat.is_asked, words
    assert chat.called.count("ask_to_pay") == 1
    chat.shop.place("cs_1")
    assert "It is paid. Order 1001" in chat.say("where is my order?")


def test_the_bank_wants_to_know() -> None:
    chat = at_the_order(outcome("authentication", "Your bank wants you to confirm.", "authentication_required"))
    chat.press_pay()
    assert "not confirmed it yet" in chat.say("done")
    chat.shop.place("cs_1")
    assert "It is paid. Order 1001" in chat.say("done now")
    assert not chat.is_asked


def test_the_bank_says_no() -> None:
    chat = at_the_order(outcome("authentication", "Your bank wants you to confirm.", "authentication_required"))
    chat.press_pay()
    chat.shop.checkouts["cs_1"]["state"] = ""
    assert "did not go through; nothing was charged" in chat.say("done")
    chat.say("yes")
    assert chat.is_asked


def test_sold_out_at_the_click() -> None:
    chat = at_the_order(what="an orange 20 L dry bag")
    chat.shop.variant("var_dry_4")[1]["stock"] = 0
    chat.shop.variant("var_dry_5")[1]["stock"] = 9
    told = chat.press_pay()
    assert "Nothing was charged. Instead there is" in told
    assert "Harbor Dry Bag (20 L, Gray)" in told
    chat.say("the gray one")
    assert chat.items == {"var_dry_5": 1}
    assert chat.is_asked


def test_sold_out_with_nothing_instead() -> None:
    chat = at_the_order()
    chat.shop.variant("var_lamp_0")[1]["stock"] = 0
    assert "Shall I remove Headlamp 320 from the order?" in chat.press_pay()
    assert "closed it" in chat.say("yes")
    assert chat.checkout["status"] == "canceled"


def test_a_lapsed_order_is_opened_anew() -> None:
    chat = at_the_order()
    chat.shop.checkouts["cs_1"]["state"] = "expired"
    assert "had lapsed before it was paid; nothing was charged" in chat.press_pay()
    chat.say("yes")
    assert chat.is_asked
    assert chat.checkout["checkout_id"] == "cs_2"
    assert chat.checkout["total"] == "44.95 USD"
    chat.press_pay()
    assert len(chat.shop.orders) == 1


def test_an_update_of_a_closed_checkout_opens_another() -> None:
    chat = Chat()
    chat.say("buy a headlamp")
    chat.shop.faults["update_checkout"] = [
        {"error": {"code": "invalid_session_state", "message": "The session is over."}}
    ]
    told = chat.say(f"{WHO}, standard")
    assert "opened it anew" in told
    assert chat.is_asked
    assert chat.checkout["checkout_id"] == "cs_2"


def test_an_option_that_is_gone_is_looked_up_again() -> None:
    chat = Chat()
    chat.say("buy a headlamp")
    chat.say(WHO)
    chat.shop.faults["update_checkout"] = [
        {"error": {"code": "invalid_fulfillment_option", "message": "No such option."}, "valid": ["ship_exp"]}
    ]
    chat.say("express")
    assert chat.is_asked
    assert chat.called[-3:] == ["update_checkout", "get_checkout", "update_checkout"]


@pytest.mark.parametrize("tool", ["search_products", "start_checkout"])
def test_what_goes_wrong_is_said_after_two_tries(tool: str) -> None:
    chat = Chat()
    chat.shop.faults[tool] = [
        {"error": {"code": "unavailable", "message": "The shop does not answer at the moment."}}
    ] * 9
    told = chat.say("buy a headlamp")
    assert "The shop does not answer at the moment." in told
    assert "Nothing was charged" in told
    assert chat.called.count(tool) <= 2
    chat.shop.faults.clear()
    assert "e-mail" in chat.say("buy a headlamp")


def test_an_answer_nobody_can_read_is_said_to_be_one() -> None:
    chat = Chat()
    chat.shop.faults["search_products"] = [{"products": "?"}]

    assert "could not be read" in chat.say("a mug")
