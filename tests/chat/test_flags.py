"""What the shopper never asked for is found, and what was asked for is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agents.chat.flags import ITEM, QUANTITY, SHIPPING, Asked, flags_of, said_numbers
from commerce.checkout.document import Document, Line, Selection
from commerce.fulfillment.quotes import Option

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def document(quantity: int = 1, way: str = "std") -> Document:
    line = Line(
        id="li_1",
        variant_id="var_1",
        product_id="prd_1",
        quantity=quantity,
        title="Stoneware Mug",
        options=(("Color", "Blue"),),
        category="Kitchen",
    )
    options = (Option("std", "shipping", "Standard", 500), Option("exp", "shipping", "Express", 1500))
    return Document(lines=(line,), options=options, selections=(Selection(way, ("li_1",)),))


def kinds(sheet: Document, *texts: str, **asked: object) -> list[str]:
    return [one.kind for one in flags_of(sheet, Asked(texts, **asked))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        (1, "A mug please"),
        (3, "Three stoneware mugs"),
        (2, "a pair of mugs"),
        (2, "A mug. Another mug, too"),
        (12, "a dozen mugs for 60 dollars"),
        (4, "4 mugs to 12 Market St, 94105"),
    ],
)
def test_quantity_that_was_said(quantity: int, words: str) -> None:
    assert kinds(document(quantity), words) == []


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        (5, "A mug please"),
        (60, "a mug under 60"),
        (12, "A mug to 12 Market Street"),
        (20, "a mug for $20"),
        (3, "two mugs"),
        (25, "a mug by December 25"),
        (2, "the 2nd mug"),
    ],
)
def test_quantity_that_was_not(quantity: int, words: str) -> None:
    assert kinds(document(quantity), words) == [QUANTITY]


def test_quantity_set_by_hand_is_the_shoppers() -> None:
    assert kinds(document(5), "A mug", quantities={"var_1": 5}) == []
    assert kinds(document(6), "A mug", quantities={"var_1": 5}) == [QUANTITY]


def test_item_that_nobody_named() -> None:
    assert kinds(document(), "Something for my sister") == [ITEM]
    assert kinds(document(), "That one", shown=frozenset({"prd_2"})) == [ITEM]
    assert kinds(document(), "That one", shown=frozenset({"prd_1"})) == []
    assert kinds(document(), "Something blue for the kitchen") == []


def test_faster_delivery_than_was_asked_for() -> None:
    assert kinds(document(way="exp"), "A mug") == [SHIPPING]
    assert kinds(document(way="exp"), "A mug, by Friday") == []
    assert kinds(document(way="exp"), "A mug by express") == []
    assert kinds(document(way="exp"), "A mug", options=frozenset({"exp"})) == []


def test_fetching_it_is_no_cheaper_delivery() -> None:
    sheet = document(way="std")
    options = (*sheet.options, Option("fetch", "pickup", "Pick up at the store", 0))

    assert kinds(replace(sheet, options=options), "A mug to 12 Market St") == []


def test_flags_say_what_they_mean() -> None:
    first, second = flags_of(document(5, "exp"), Asked(["A mug"]))

    assert (first.text, first.line) == ("You did not ask for 5 of these.", "li_1")
    assert second.text == "There is a cheaper way: Standard. You did not ask for a faster one."


def test_numbers_in_words() -> None:
    assert said_numbers("two of these and 4 of those, size 9, for $30, 10% off") == {2, 4}
