"""Canceling and sending back: done when it is asked for and meant, never because it was spoken of."""

from __future__ import annotations

import pytest

from tests.shopper.rules.chat import Chat

WHO = "Jane Roe, jane@example.com, 12 Main St, Springfield IL 62701"


@pytest.fixture
def paid() -> Chat:
    """A shopper who has paid for a headlamp."""
    chat = Chat()
    chat.say(f"buy a headlamp, {WHO}, standard")
    chat.press_pay()
    return chat


@pytest.fixture
def sent(paid: Chat) -> Chat:
    """A shopper to whom the headlamp was sent."""
    paid.shop.orders[0] |= {"status": "shipped", "may_cancel": False, "may_return": True}
    return paid


def test_canceling_a_paid_order_wants_a_yes(paid: Chat) -> None:
    asked = "Shall I cancel order 1001 (1 x Headlamp 320) and have 44.95 USD paid back to you?"
    assert asked in paid.say("cancel my order please")
    assert "cancel_order" not in paid.called
    assert "It is canceled." in paid.say("yes")
    assert paid.shop.orders[0]["status"] == "canceled"
    assert "canceled already" in paid.say("cancel the order")
    assert paid.called.count("cancel_order") == 1


@pytest.mark.parametrize("words", ["yes, cancel it", "Yes please", "cancel it", "ok", "yes, thanks"])
def test_a_yes_cancels(paid: Chat, words: str) -> None:
    paid.say("cancel my order")
    paid.say(words)

    assert paid.called.count("cancel_order") == 1


@pytest.mark.parametrize(
    "words",
    [
        "no",
        "ok thanks",
        "ok, never mind",
        "yes but don't cancel",
        "how long does the refund take?",
        "keep it",
        "wait",
        "show me mugs",
        "ok, no",
        "yes, no, wait",
        "Actually, don't",
        "I would rather not",
        "sure, why not",
        "hmm ok but first tell me when it arrives",
    ],
)
def test_anything_but_a_yes_does_not(paid: Chat, words: str) -> None:
    paid.say("cancel my order")
    paid.say(words)

    assert "cancel_order" not in paid.called


def test_a_yes_to_something_later_is_none_to_canceling(paid: Chat) -> None:
    paid.say("cancel my order")
    paid.say("thanks")
    paid.say("yes")

    assert "cancel_order" not in paid.called


@pytest.mark.parametrize(
    "words",
    [
        "Please don't cancel my order, I only want to know when it arrives",
        "How do I cancel an order?",
        "I never said to cancel it",
        "If not by Friday then cancel it",
        "Do not forget it is a gift",
        "Forget about it being a gift",
        "I changed my mind about the color, I would like green",
        "I don't want my order canceled",
        "ship it by Friday or cancel it",
        "why did you cancel my order?",
        "what is your cancellation policy?",
        "Cancel it unless it arrives by Friday",
    ],
)
def test_what_only_speaks_of_canceling_cancels_nothing(paid: Chat, words: str) -> None:
    before = len(paid.called)
    paid.say(words)
    paid.say("ok")

    assert set(paid.called[before:]) <= {"order_status"}
    assert paid.shop.orders[0]["status"] == "confirmed"


def test_how_canceling_works_is_told(paid: Chat) -> None:
    assert "Say “cancel my order”, and I ask once more" in paid.say("How do I cancel an order?")
    assert "nothing is canceled" in paid.say("I never said to cancel it")
    assert "cannot do it later by myself" in paid.say("If it is not here by Friday then cancel it")
    assert "Shall I cancel order 1001" in paid.say("can I cancel it?")


def test_which_of_two_orders_is_asked_and_then_once_more(paid: Chat) -> None:
    paid.say("buy a green mug")
    paid.say("standard")
    paid.press_pay()
    assert "Which order shall I cancel: 1001 (44.95 USD) or 1002 (20.45 USD)?" in paid.say("cancel my order")
    assert "Shall I cancel order 1002 (1 x Enamel Camp Mug)" in paid.say("1002")
    paid.say("yes")

    assert [one["status"] for one in paid.shop.orders] == ["confirmed", "canceled"]


def test_of_a_partly_sent_order_no_sum_is_promised(paid: Chat) -> None:
    paid.shop.orders[0]["shipments"] = [{"status": "in_transit"}]

    assert "Shall I cancel what was not sent yet of order 1001" in paid.say("cancel my order")


@pytest.mark.parametrize(
    "words", ["Don't cancel", "do not cancel it please", "I changed my mind, I would like the blue one"]
)
def test_an_open_order_is_not_dropped_by_that_either(words: str) -> None:
    chat = Chat()
    chat.say(f"buy a green mug, {WHO}, standard")
    chat.say(words)

    assert chat.checkout["status"] == "ready_for_payment"


def test_an_order_that_is_placed_is_not_said_to_be_changed(paid: Chat) -> None:
    before = len(paid.called)
    told = paid.say("can you change the address of my order to 5 Oak Ave, Portland OR 97201")

    assert "Order 1001 is placed, so I cannot change it." in told
    assert len(paid.called) == before


def test_a_return_wants_a_reason(sent: Chat) -> None:
    assert "Why do you want to return order 1001?" in sent.say("I want to return it")
    assert "request_return" not in sent.called
    assert "The shop was asked" in sent.say("I don't need it")
    assert sent.shop.calls[-1][1]["reason"] == "no_longer_needed"


@pytest.mark.parametrize(
    ("opening", "words"),
    [
        ("I want to return it", "no"),
        ("I want to return it", "no, I don't want that"),
        ("I want to return it", "ok thanks"),
        ("I want to return it", "where is my order?"),
        ("I want to return it", "how much does it cost me?"),
        ("Can I return it if it breaks?", "no, I do not want to return it, I was only asking"),
        ("How long do I have to return the headlamp?", "ok thanks"),
        ("How do returns work?", "how much does it cost me?"),
        ("I got my refund, thanks! The headlamp is not damaged any more", "yes"),
        ("If it doesn't fit I will return it", "ok"),
        ("it is not broken", "yes"),
    ],
)
def test_what_only_speaks_of_returning_files_nothing(sent: Chat, opening: str, words: str) -> None:
    sent.say(opening)
    sent.say(words)

    assert "request_return" not in sent.called


def test_a_reason_of_ones_own_wants_a_yes(sent: Chat) -> None:
    sent.say("I want to return it")
    assert "for a reason of your own?" in sent.say("my wife hates it")
    sent.say("yes")

    assert sent.shop.calls[-1] == ("request_return", {"order_id": "ord_1001", "reason": "other"})


def test_what_arrived_broken_is_taken_back_on_a_yes(sent: Chat) -> None:
    assert "Shall I ask the shop to take order 1001 (1 x Headlamp 320) back?" in sent.say("it arrived broken")
    assert "request_return" not in sent.called
    sent.say("yes please")

    assert sent.shop.calls[-1][1]["reason"] == "damaged"


def test_a_wish_with_its_reason_is_done_at_once(sent: Chat) -> None:
    sent.say("I would like to return the headlamp, it is not too small, it is too large")

    assert sent.shop.calls[-1][1]["reason"] == "too_large"


def test_a_refund_of_what_was_not_sent_is_a_cancellation(paid: Chat) -> None:
    assert "Shall I cancel order 1001" in paid.say("I want my money back")
    paid.say("yes")

    assert paid.called[-1] == "cancel_order"
