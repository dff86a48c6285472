from __future__ import annotations

import pytest

from agents.shopper.rules.exclusions import find_excluded
from tests.shopper.rules.chat import Chat

WHO = "Jane Roe, jane@example.com, 12 Main St, Springfield IL 62701"


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("not socks", (("socks",),)),
        ("anything except jackets", (("jackets",),)),
        ("a bracelet that isn't red", (("red",),)),
        ("bags, but no totes please", (("totes",),)),
        ("I don't need a mug, I need a lamp", (("mug",),)),
        ("not red or blue", (("red",), ("blue",))),
        ("everything but rain jackets", (("rain", "jackets"),)),
        ("no thanks", ()),
        ("no, the blue one", ()),
        ("No I want the blue one", ()),
        ("not more than 50", ()),
        ("I am not sure", ()),
        ("not the first one, the second", ()),
        ("I don't want to pay", ()),
        ("it's no problem", ()),
    ],
)
def test_reads_what_it_is_not_to_be(text: str, excluded: tuple[tuple[str, ...], ...]) -> None:
    assert find_excluded(text).value == excluded


def test_what_is_not_wanted_is_not_shown() -> None:
    chat = Chat()
    chat.say("bracelets")
    told = chat.say("not the red ones")

    assert "Brass Bracelet" in told
    assert "Beaded" not in told
    assert "Garnet" not in told


def test_a_number_means_its_place_among_what_is_left() -> None:
    chat = Chat()
    told = chat.say("something under 50 but no bags")

    assert "1. Enamel Camp Mug" in told
    assert "There is only one" not in chat.say("tell me more about the first one")
    assert chat.shop.calls[-1] == ("look_at_product", {"product_id": "prod_mug"})


def test_one_thing_is_not_needed_and_another_is() -> None:
    chat = Chat()
    chat.say("I don't need a mug, I need a headlamp")
    assert chat.shop.calls == [("search_products", {"words": "headlamp"})]
    other = Chat()
    other.say(f"buy a green mug, {WHO}, standard")
    other.say("I don't need the mug, I need a headlamp")
    assert other.items == {"var_lamp_0": 1}


@pytest.mark.parametrize(
    "words",
    [
        "I don't want express, the normal one is fine",
        "not express please",
        "no express, standard",
        "the regular one",
    ],
)
def test_a_way_of_sending_that_is_not_wanted_is_not_taken(words: str) -> None:
    chat = Chat()
    chat.say(f"buy a green mug, {WHO}")
    chat.say(words)

    assert chat.is_asked
    assert chat.checkout["total"] == "20.45 USD"
