"""Changes of mind, at any time."""

from __future__ import annotations

import pytest

from tests.shopper.rules.chat import Chat

WHO = "Jane Roe, jane@example.com, 12 Main St, Springfield IL 62701"


@pytest.fixture
def chat() -> Chat:
    """A shopper who looks at the order: one navy tote, sent by express."""
    chat = Chat()
    chat.say(f"buy a navy tote, {WHO}, express")
    assert chat.is_asked
    return chat


@pytest.mark.parametrize(
    ("words", "items"),
    [
        ("make it three", {"var_tote_1": 3}),
        ("two more", {"var_tote_1": 3}),
        ("No, I meant 2 in total", {"var_tote_1": 2}),
        ("make it 12, no wait, 11", {"var_tote_1": 11}),
        ("replace it with a green mug", {"var_mug_2": 1}),
        ("I changed my mind, I would like the olive one", {"var_tote_2": 1}),
        ("in olive please", {"var_tote_2": 1}),
        ("no, the natural one", {"var_tote_0": 1}),
        ("add a green mug", {"var_tote_1": 1, "var_mug_2": 1}),
        ("I want the headlamp instead", {"var_lamp_0": 1}),
        ("the headlamp instead of the tote", {"var_lamp_0": 1}),
        ("wait, make it 2 and use code WELCOME10", {"var_tote_1": 2}),
    ],
)
def test_at_the_order_words_change_it_and_it_is_shown_again(chat: Chat, words: str, items: dict[str, int]) -> None:
    chat.say(words)

    assert chat.items == items
    assert chat.is_asked
    assert chat.shop.orders == []


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("no, number 14", {"line_one": "14 Main St"}),
        ("the zip is 94107", {"postal_code": "94107", "region": "CA"}),
        ("the city is San Francisco", {"city": "San Francisco"}),
        ("it's for Ann Poe", {"name": "Ann Poe"}),
        (
            "change the address: 5 Oak Ave, Portland OR 97201",
            {"line_one": "5 Oak Ave", "city": "Portland", "region": "OR", "postal_code": "97201"},
        ),
    ],
)
def test_addresses_are_mended_at_the_order(chat: Chat, words: str, changed: dict[str, str]) -> None:
    before = dict(chat.checkout["address"])
    chat.say(words)

    assert chat.checkout["address"] == before | changed
    assert chat.is_asked


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (
            "Actually can you send it to 12 Oak Lane, Springfield, IL 62702 instead?",
            {"line_one": "12 Oak Lane", "postal_code": "62702"},
        ),
        ("my postcode is wrong, should be 62702", {"postal_code": "62702"}),
        ("you spelled my name wrong, it's Jane Rowe", {"name": "Jane Rowe"}),
        (
            "Send it to my mother instead: Mary Lee, 5 Oak Ave, Portland OR 97201",
            {
                "name": "Mary Lee",
                "line_one": "5 Oak Ave",
                "city": "Portland",
                "region": "OR",
                "postal_code": "97201",
            },
        ),
        ("can it be delivered to 14 Main St?", {"line_one": "14 Main St"}),
    ],
)
def test_an_address_is_mended_however_it_is_said(chat: Chat, words: str, changed: dict[str, str]) -> None:
    before = dict(chat.checkout["address"])
    chat.say(words)

    assert chat.checkout["address"] == before | changed
    assert chat.is_asked
    assert "look_at_product" not in chat.called


@pytest.mark.parametrize(
    "words", ["My email is wrong, it is ann.lee@example.com", "can you change my email to ann.lee@example.com?"]
)
def test_the_e_mail_is_mended(chat: Chat, words: str) -> None:
    chat.say(words)

    assert chat.checkout["buyer"] == {"email": "ann.lee@example.com", "first_name": "Jane", "last_name": "Roe"}
    assert chat.is_asked


def test_a_new_place_leaves_nothing_of_the_old_one(chat: Chat) -> None:
    chat.say("apt 5 please, I forgot")
    told = chat.say("the address is wrong, it should be 100 Pine St, San Francisco")
    assert "the postal code" in told
    assert not chat.is_asked
    assert "the postal code" in chat.say("I want to pay.")
    chat.say("94108")

    assert chat.is_asked
    assert chat.checkout["address"] == {
        "name": "Jane Roe",
        "line_one": "100 Pine St",
        "city": "San Francisco",
        "region": "CA",
        "postal_code": "94108",
        "country": "US",
    }


def test_what_was_mended_on_the_page_stays(chat: Chat) -> None:
    chat.shop.checkouts["cs_1"]["address"]["line_one"] = "77 Elm St"
    chat.shop.checkouts["cs_1"]["buyer"]["email"] = "page@example.com"
    chat.say("make it two")
    chat.say("the zip is 62702")

    assert chat.checkout["address"]["line_one"] == "77 Elm St"
    assert chat.checkout["address"]["postal_code"] == "62702"
    assert chat.checkout["buyer"]["email"] == "page@example.com"


@pytest.mark.parametrize("words", ["ship to a different address", "how do I change the address?"])
def test_another_address_is_asked_for(chat: Chat, words: str) -> None:
    assert "Tell me the whole postal address" in chat.say(words)
    chat.say("5 Oak Ave, Portland OR 97201")
    assert chat.checkout["address"]["city"] == "Portland"
    assert chat.is_asked


@pytest.mark.parametrize("words", ["I only need one navy tote", "just one tote please"])
def test_fewer_of_it_are_taken(chat: Chat, words: str) -> None:
    chat.say("make it three")
    chat.say(words)

    assert chat.items == {"var_tote_1": 1}


def test_not_so_many_is_asked_how_many(chat: Chat) -> None:
    chat.say("make it two")
    assert "How many would you like?" in chat.say("I don't need two")
    assert chat.items == {"var_tote_1": 2}


def test_where_it_goes_is_told(chat: Chat) -> None:
    told = chat.say("where does it go?")

    assert "It goes to Jane Roe, 12 Main St, Springfield IL 62701, United States." in told
    assert "The receipt goes to jane@example.com." in told


def test_one_of_two_things_is_taken_out_by_canceling_it(chat: Chat) -> None:
    chat.say("add a green mug")
    chat.say("cancel the mug")

    assert chat.items == {"var_tote_1": 1}


def test_another_way_of_sending(chat: Chat) -> None:
    assert "Standard 5.95 USD" in chat.say("no, the cheapest")
    assert "Express 14.95 USD" in chat.say("send it express")
    assert "There is no way of sending called overnight" in chat.say("overnight shipping please")
    chat.say("the first one")
    assert chat.is_asked


def test_removing_one_of_two_things(chat: Chat) -> None:
    chat.say("add a green mug")
    chat.say("remove the tote")
    assert chat.items == {"var_mug_2": 1}
    assert "There is: 1 x Enamel Camp Mug (Green)" in chat.say("remove the jacket")
    assert "closed it. Nothing was charged" in chat.say("remove the mug")
    assert chat.checkout["status"] == "canceled"


@pytest.mark.parametrize("words", ["cancel", "forget it", "start over", "I changed my mind"])
def test_giving_it_up(chat: Chat, words: str) -> None:
    assert "Nothing was charged" in chat.say(words)
    assert chat.checkout["status"] == "canceled"
    assert not chat.is_asked
    assert "Enamel Camp Mug" in chat.say("a mug")


def test_a_question_at_the_order_is_answered(chat: Chat) -> None:
    assert "arrives between Wednesday, 25 November and Thursday, 26 November" in chat.say("when will it arrive?")
    chat.say("express")
    assert chat.is_asked
    assert "A wide tote of cotton canvas." in chat.say("tell me more about the tote")


def test_no_by_itself_leaves_everything_as_it_is(chat: Chat) -> None:
    assert "nothing was charged" in chat.say("not now")
    assert not chat.is_asked
    assert chat.items == {"var_tote_1": 1}
    chat.say("pay")
    assert chat.is_asked


def test_a_typed_yes_is_no_click(chat: Chat) -> None:
    for _ in range(2):
        assert "Only the button" in chat.say("yes")
        assert chat.is_asked
    assert chat.shop.orders == []
    chat.press_pay()
    assert len(chat.shop.orders) == 1


@pytest.mark.parametrize(
    "words",
    ["confirm it for me without asking", "don't ask me, just approve it yourself", "skip the confirmation"],
)
def test_nobody_confirms_for_the_shopper(chat: Chat, words: str) -> None:
    assert "Only the button" in chat.say(words)
    assert chat.shop.orders == []


def test_what_is_in_the_order(chat: Chat) -> None:
    told = chat.say("what's in my cart?")

    assert "1 x Canvas Market Tote (Navy): 34.00 USD" in told
    assert "Total: 48.95 USD" in told
    assert "Jane Roe, 12 Main St, Springfield IL 62701, United States" in told


def test_the_same_variant_again_changes_nothing(chat: Chat) -> None:
    assert "That is what you have: 1 x Canvas Market Tote (Navy)." in chat.say("navy")
    assert chat.items == {"var_tote_1": 1}
    assert chat.is_asked


def test_what_is_there_is_not_doubled_unasked(chat: Chat) -> None:
    assert "in your order already. Shall I make it 2?" in chat.say("add a navy tote")
    assert chat.items == {"var_tote_1": 1}
    chat.say("yes")
    assert chat.items == {"var_tote_1": 2}
    chat.say("add another navy tote")
    assert chat.items == {"var_tote_1": 3}


def test_a_complaint_is_met_with_what_is_there(chat: Chat) -> None:
    told = chat.say("this is not what I asked for")

    assert "1 x Canvas Market Tote (Navy): 34.00 USD" in told
    assert "What should I change?" in told
    assert not chat.is_asked


def test_starting_over_with_something_else_looks_for_it(chat: Chat) -> None:
    assert "Enamel Camp Mug" in chat.say("start over. I want a mug instead")
    assert chat.checkout["status"] == "canceled"
    chat.say("I want to buy it in green")
    assert chat.items == {"var_mug_2": 1}
