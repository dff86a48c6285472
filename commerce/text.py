"""A merchant's words as plain data: nothing that a reader cannot see, no markup, no more than so many letters.

Whatever is shown to an agent may end up in front of a language model. That product text is data and never an
instruction is for the agent to hold; here it is made sure that what the agent gets is what a person would see.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

MAX_ADDRESS = 2000

_ELEMENTS = """a abbr address article aside audio b blockquote body br button center code dd del div dl dt em embed
    fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins label
    legend li link main math meta nav object ol option p picture pre script section select small source span strong
    style sub sup svg table tbody td template textarea tfoot th thead title tr u ul video""".split()
_NAMES = "|".join(_ELEMENTS)
_TAG = re.compile(
    rf"<!--.*?-->|</?(?:{_NAMES})(?:\s[^<>]*|/)?>|<(?:{_NAMES})\s[^<>]*=[^<>]*\Z", re.DOTALL | re.IGNORECASE
)
_HIDDEN_JOINERS = re.compile("(?:^|(?<=[\x00-\u024f]))[\u200c\u200d]+|[\u200c\u200d]+(?=$|[\x00-\u024f])")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")


def plain(text: str, limit: int = 0) -> str:
    """Return a text without markup and invisible characters, shortened to `limit` where that is above 0."""
    tidy = _LINES.sub("\n\n", _SPACES.sub(" ", visible(_TAG.sub("", text)))).strip()
    return shorten(tidy, limit) if limit else tidy


def line(text: str, limit: int = 0) -> str:
    """Return a text as one line, for titles and the like."""
    return plain(" ".join(text.split()), limit)


def visible(text: str) -> str:
    """Return a text without the characters that nobody sees; what looks like markup stays."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN_JOINERS.sub("", "".join(one for one in text if one == "\n" or _is_visible(one)))


def web_address(url: str) -> str:
    """Return an address that may be linked to: http or https, in characters one can see; empty for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_whole = parts.scheme in ("http", "https") and bool(parts.netloc)
    has_hidden = any(one != " " and (one.isspace() or not _is_visible(one)) for one in url)
    return url if is_whole and not has_hidden and len(url) <= MAX_ADDRESS else ""


def shorten(text: str, limit: int) -> str:
    """Cut a text at a word's end, with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 1].rsplit(' ', 1)[0].rstrip()}…"


def _is_visible(letter: str) -> bool:
    """Refuse control and format characters (zero width, direction, tags), surrogates and private use.

    The joiners of emoji and of several scripts stay where they join any: they change what a person sees. Of the
    characters that select a variant of the one before, those stay that emoji use; the others can hide whole texts.
    """
    if letter in _JOINERS:
        return True
    is_selector = "\U000e0100" <= letter <= "\U000e01ef"
    return not is_selector and unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co")


_JOINERS = "\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
