"""A merchant's words as plain data: nothing that a reader cannot see, no markup, no more than so many letters.

Whatever is shown to an agent may end up in front of a language model. That product text is data and never an
instruction is for the agent to hold; here it is made sure that what the agent gets is what a person would see.
"""

from __future__ import annotations

import re
import unicodedata

_ELEMENTS = """a abbr address article aside audio b blockquote body br button center code dd del div dl dt em embed
    fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins label
    legend li link main meta nav object ol option p picture pre script section select small source span strong
    style sub sup svg table tbody td template textarea tfoot th thead title tr u ul video""".split()
_TAG = re.compile(rf"<!--.*?-->|</?(?:{'|'.join(_ELEMENTS)})(?:\s[^<>]*|/)?>", re.DOTALL | re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")


def plain(text: str, limit: int = 0) -> str:
    """Return a text without markup and invisible characters, shortened to `limit` where that is above 0."""
    shown = "".join(letter for letter in _TAG.sub("", text) if letter == "\n" or _is_visible(letter))
    tidy = _LINES.sub("\n\n", _SPACES.sub(" ", shown)).strip()
    return shorten(tidy, limit) if limit else tidy


def line(text: str, limit: int = 0) -> str:
    """Return a text as one line, for titles and the like."""
    return plain(" ".join(text.split()), limit)


def shorten(text: str, limit: int) -> str:
    """Cut a text at a word's end, with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 1].rsplit(' ', 1)[0].rstrip()}…"


def _is_visible(letter: str) -> bool:
    """Refuse control and format characters (zero width, direction, tags), surrogates and private use.

    The joiners of emoji and of several scripts stay: they change what a person sees. Of the characters that
    select a variant of the one before, those stay that emoji use; the others can hide whole texts.
    """
    if letter in _JOINERS:
        return True
    is_selector = "\U000e0100" <= letter <= "\U000e01ef"
    return not is_selector and unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co")


_JOINERS = "\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
