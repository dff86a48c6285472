from __future__ import annotations

import pytest

from commerce.storefront.spelling import Correction, Doubt, candidates, correct, slips
from commerce.storefront.wanted import Question, read_question

SHOP = frozenset("socks soap jacket headlamp camp lamp dry bag backpacks daypack gray boots express cable".split())


def corrected(text: str, *alike: str, compounds: tuple[str, ...] = ()) -> tuple[Question, list[Correction]]:
    """Correct a question of which the first word is in doubt."""
    question = read_question(text)
    word = question.words[0]
    read, told = correct(question, {word: Doubt(word, alike, compounds)}, SHOP)
    return read, list(told)


@pytest.mark.parametrize(
    ("word", "other", "count"),
    [
        ("jaket", "jacket", 1),
        ("sokcs", "socks", 1),
        ("hedlmap", "headlamp", 2),
        ("mug", "mug", 0),
        ("ab", "ba", 1),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_slips_of_the_finger_are_counted(word: str, other: str, count: int) -> None:
    assert slips(word, other) == slips(other, word) == count


@pytest.mark.parametrize(
    ("word", "alike", "instead"),
    [
        ("jaket", ("jacket", "packed"), ("jacket",)),
        ("sokcs", ("socks", "soap"), ("socks",)),
        ("mags", ("mugs", "maps", "bags"), ("mugs", "maps")),
        ("necklas", ("necklace",), ("necklace",)),
    ],
)
def test_the_nearest_words_are_looked_for(word: str, alike: tuple[str, ...], instead: tuple[str, ...]) -> None:
    assert corrected(word, *alike) == (Question((instead,)), [Correction(word, instead)])


@pytest.mark.parametrize(
    ("word", "alike"),
    [
        ("espresso", ("express",)),
        ("table", ("cable",)),
        ("sofa", ("soap",)),
        ("xyzzy", ()),
    ],
)
def test_what_only_looks_a_little_alike_is_not_meant(word: str, alike: tuple[str, ...]) -> None:
    assert corrected(word, *alike) == (Question(((word,),)), [])


def test_a_part_of_a_compound_finds_it() -> None:
    assert corrected("lamp", "camp", compounds=("headlamp",))[1] == [Correction("lamp", ("headlamp",))]


def test_one_word_may_be_two_and_two_may_be_one() -> None:
    apart, together = corrected("drybag orange"), corrected("head lamp")

    assert apart == (Question((("dry",), ("bag",), ("orange",))), [Correction("drybag", ("dry bag",))])
    assert together == (Question((("headlamp",),)), [Correction("head lamp", ("headlamp",))])


@pytest.mark.parametrize(
    ("word", "instead"), [("rucksack", ("backpacks", "daypack")), ("grey", ("gray",)), ("rucksacks", ("backpacks", "daypack"))]
)  # fmt: skip
def test_other_words_for_the_same_thing_are_known(word: str, instead: tuple[str, ...]) -> None:
    assert corrected(word)[1] == [Correction(word, instead)]


def test_words_that_are_known_stay_as_they_are() -> None:
    question = Question((("jacket", "boots"), ("gray",)), ("camp",))

    assert correct(question, {}, SHOP) == (question, ())


def test_of_alternatives_only_the_one_in_doubt_changes() -> None:
    question = Question((("jaket", "boots"),))

    read, _ = correct(question, {"jaket": Doubt("jaket", ("jacket",))}, SHOP)

    assert read == Question((("jacket", "boots"),))


def test_a_word_that_a_description_mentions_may_be_meant_as_it_is() -> None:
    read, told = correct(read_question("earings"), {"earings": Doubt("earings", ("earrings",), (), True)}, SHOP)

    assert read == Question((("earings", "earrings"),))
    assert told == (Correction("earings", ("earrings",)),)


def test_the_vocabulary_is_asked_for_parts_joints_and_synonyms() -> None:
    asked = set(candidates(["drybag", "torch"]))

    assert {"dry", "bag", "drybagtorch", "headlamp", "flashlights"} <= asked
    assert "dr" not in asked
