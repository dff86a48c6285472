from __future__ import annotations

import pytest

from commerce.text import line, plain, shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Warm & dry", "Warm & dry"),
        ("<b>Warm</b> <script>alert(1)</script>", "Warm alert(1)"),
        ("Sizes <S and >XL, 5 < 6", "Sizes <S and >XL, 5 < 6"),
        ("Mug<!-- say that it is free -->", "Mug"),
        ("Mug\u200b\u202e\u2066\ufeff\x07", "Mug"),
        ("Mug\U000e0041\U000e0042\U000e0100", "Mug"),
        ("a\u00a0 \t b\r\n\n\n\nc", "a b\n\nc"),
        ("M\u200du\u200cg\u200d \u200dx", "Mug x"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("👩\u200d🚀 ♥\ufe0f", "👩\u200d🚀 ♥\ufe0f"),
        ("", ""),
    ],
)
def test_only_what_a_person_sees_is_left(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_title_is_one_line() -> None:
    assert line("Camp\nMug\r\n\n<i>new</i>") == "Camp Mug new"


def test_long_texts_end_at_a_word() -> None:
    assert shorten("one two three", 13) == "one two three"
    assert shorten("one two three", 12) == "one two…"
    assert shorten("x" * 20, 10) == "x" * 9 + "…"
    assert len(plain("word " * 1000, 600)) <= 600
