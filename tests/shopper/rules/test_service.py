"""Questions to the shop rather than to its shelves."""

from __future__ import annotations

from datetime import date

import pytest

from agents.shopper.instructions import instructions
from tests.shopper.rules.chat import Chat

WHO = "Jane Roe, jane@example.com, 12 Main St, Springfield IL 62701"
CONTACTS = (
    ("E-mail", "help@fogline.example"),
    ("Returns", "taken back for 30 days after delivery"),
    ("Return policy", "https://fogline.example/returns"),
)
TOLD = instructions(today=date(2026, 11, 23), shop="Fogline", currency="usd", contacts=CONTACTS)


@pytest.fixture
def chat() -> Chat:
    return Chat(prompt=TOLD)


@pytest.fixture
def paid(chat: Chat) -> Chat:
    chat.say(f"buy a headlamp, {WHO}, standard")
    chat.press_pay()
    return chat


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Is tax included?", "tax and shipping too"),
        ("Do you take Amex?", "You pay by card, on the order itself"),
        ("how do I pay?", "You pay by card, on the order itself"),
        ("can I talk to a human?", "People of the shop help you at help@fogline.example."),
        ("what is your support email?", "help@fogline.example"),
        ("What is your return policy?", "taken back for 30 days after delivery"),
        ("How do returns work?", "Return policy: https://fogline.example/returns"),
        ("How do I cancel an order?", "Say “cancel my order”"),
        ("is it safe to pay here?", "nothing is charged without your click"),
        ("please gift wrap it", "cannot pass that on"),
        ("this is ridiculous", "I am sorry."),
        ("are you open on sundays?", "That I do not know."),
        ("let me think about it", "Take your time."),
        ("can you speak German?", "English only"),
        ("the parcel never arrived", "Nothing has been ordered in this conversation yet."),
    ],
)
def test_is_answered_and_not_searched_for(chat: Chat, words: str, told: str) -> None:
    assert told in chat.say(words)
    assert "search_products" not in chat.called


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("I was charged twice!", "Each order is charged once, for its total."),
        ("the parcel never arrived", "I am sorry that it is not there."),
        ("hello? i still have no parcel and its been 2 weeks", "I am sorry that it is not there."),
        ("nothing has arrived", "I am sorry that it is not there."),
    ],
)
def test_troubles_are_answered_with_how_the_order_stands(paid: Chat, words: str, told: str) -> None:
    answer = paid.say(words)

    assert "Order 1001: 1 x Headlamp 320, 44.95 USD." in answer
    assert told in answer
    assert "help@fogline.example" in answer


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("where is my refund?", "Order 1001"),
        ("what did I order?", "Order 1001"),
        ("how much did I pay?", "44.95 USD"),
        ("I got it, thanks, I love it", "Thank you for telling me."),
        ("can I get an invoice?", "https://shop.example/orders/1001"),
        ("Do not forget it is a gift", "noted"),
    ],
)
def test_after_the_purchase_nothing_is_bought_by_asking(paid: Chat, words: str, told: str) -> None:
    before = len(paid.shop.checkouts)

    assert told in paid.say(words)
    assert len(paid.shop.checkouts) == before


def test_another_card_is_chosen_on_the_order(chat: Chat) -> None:
    chat.say(f"buy a headlamp, {WHO}, standard")

    assert "You choose the card on the order." in chat.say("I'd rather pay with my other card")
    assert chat.is_asked


def test_the_number_of_a_card_is_used_for_nothing(chat: Chat) -> None:
    chat.say(f"buy a headlamp, {WHO}, standard")
    before = dict(chat.checkout["address"])
    told = chat.say("my card number is 4242 4242 4242 4242 12/28 123")

    assert "never write a card number" in told
    assert "4242" not in told
    assert chat.checkout["address"] == before


@pytest.mark.parametrize("words", ["I don't want to pay yet", "don't pay", "let me think about it"])
def test_who_does_not_want_to_pay_is_not_asked_to(chat: Chat, words: str) -> None:
    chat.say(f"buy a headlamp, {WHO}, standard")
    chat.say(words)

    assert not chat.is_asked
    assert chat.checkout["status"] == "ready_for_payment"


@pytest.mark.parametrize(
    "words",
    [
        "a card holder",
        "a gift card",
        "birthday cards",
        "wrapping paper",
        "a wrap dress",
        "heavy duty gloves",
        "a privacy screen",
        "a phone case",
        "account books",
        "credit card wallets",
        "show me headlamps for customers",
        "totes in natural please",
    ],
)
def test_goods_are_still_searched_for(chat: Chat, words: str) -> None:
    chat.say(words)

    assert set(chat.called) == {"search_products"}
