"""What the page says in the shopper's name leads where its button says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from agents.chat.views import SUGGESTIONS
from tests.shopper.rules.chat import Chat

WHO = "Jane Roe, jane@example.com, 12 Main St, Springfield IL 62701"
LOST = re.compile("did not understand|not sure what you mean|other words")


def said_by_buttons() -> Iterator[str]:
    """Yield the sentences that templates of the chat say for a button, each once."""
    folder = Path(settings.BASE_DIR) / "templates" / "chat"
    found = (
        re.findall(r'say\.html" with [^%]*?text="([^"]+)"', one.read_text())
        for one in sorted(folder.rglob("*.html"))
    )
    yield from dict.fromkeys([*SUGGESTIONS, *(text for texts in found for text in texts)])


@pytest.mark.parametrize("words", tuple(said_by_buttons()))
@pytest.mark.parametrize("before", ["", "a mug", f"buy a headlamp, {WHO}, standard"])
def test_every_button_is_understood(words: str, before: str) -> None:
    chat = Chat()
    if before:
        chat.say(before)

    assert not LOST.search(chat.say(words))


def test_the_buttons_are_found() -> None:
    assert {"What is new?", "I want to pay.", "Please start the order again.", "Are you there?"} <= set(
        said_by_buttons()
    )


def test_what_is_new_is_what_came_last() -> None:
    chat = Chat()
    chat.say("What is new?")

    assert chat.shop.calls == [("search_products", {"sort": "newest"})]


@pytest.mark.parametrize("before", ["tell me more about the tote", "show me mugs", "is the mug in stock?"])
def test_go_to_payment_leads_to_the_order_whatever_was_looked_at(before: str) -> None:
    chat = Chat()
    chat.say(f"buy a headlamp, {WHO}, standard")
    chat.say(before)
    chat.say("I want to pay.")

    assert chat.is_asked
    assert chat.items == {"var_lamp_0": 1}


def test_buying_what_was_asked_about_still_takes_it() -> None:
    chat = Chat()
    chat.say(f"buy a headlamp, {WHO}, standard")
    chat.say("tell me more about the beaded bracelet")
    chat.say("I want to buy it")

    assert chat.items == {"var_lamp_0": 1, "var_bead_0": 1}


def test_an_order_that_lapsed_unasked_is_started_again() -> None:
    chat = Chat()
    chat.say(f"buy two headlamps, {WHO}, express")
    chat.say("wait")
    chat.shop.checkouts["cs_1"]["state"] = "expired"
    told = chat.say("Please start the order again.")

    assert "I have opened it anew: 2 x Headlamp 320" in told
    chat.say("yes")
    assert chat.is_asked
    assert (chat.checkout["checkout_id"], chat.items) == ("cs_2", {"var_lamp_0": 2})


def test_something_like_it_is_another_thing_of_its_kind() -> None:
    chat = Chat()
    chat.say("tell me about the brass bracelet")
    told = chat.say("What else do you have like it?")

    assert "Like Brass Bracelet there is:\n1. Beaded Bracelet" in told
    chat.say("the first one")
    assert chat.items == {"var_bead_0": 1}
