from __future__ import annotations

import pytest

from commerce.storefront.wanted import MAX_WORDS, Question, read_question


@pytest.mark.parametrize(
    ("text", "all_of", "none_of"),
    [
        ("navy tote", (("navy",), ("tote",)), ()),
        ("  mug\n\tblue ", (("mug",), ("blue",)), ()),
        ('"camp mug" blue', (("camp mug",), ("blue",)), ()),
        ("tote -navy", (("tote",),), ("navy",)),
        ('tote -"harbor blue"', (("tote",),), ("harbor blue",)),
        ("tote or backpack", (("tote", "backpack"),), ()),
        ("tote OR bag OR pack", (("tote", "bag", "pack"),), ()),
        ("or tote", (("or",), ("tote",)), ()),
        ("tote or", (("tote",), ("or",)), ()),
        ("first-aid kit", (("first-aid",), ("kit",)), ()),
        ("mug & cup", (("mug",), ("cup",)), ()),
        ("-navy", (), ("navy",)),
        ('"unclosed phrase', (('unclosed',), ("phrase",)), ()),
        ("日本茶", (("日本茶",),), ()),
        ("", (), ()),
        ("   ", (), ()),
    ],
)  # fmt: skip
def test_reads_what_people_type(text: str, all_of: tuple[tuple[str, ...], ...], none_of: tuple[str, ...]) -> None:
    assert read_question(text) == Question(all_of, none_of)


def test_signs_alone_are_a_question_that_nothing_answers() -> None:
    assert read_question(" ?! ").all_of == (("?!",),)


def test_only_so_many_words_count() -> None:
    assert len(read_question("word " * 100).all_of) == MAX_WORDS
