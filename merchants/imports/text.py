"""Text as shops write it, HTML and all, turned into the plain words that agents and buyers read.

Descriptions are kept as plain text: agents read them to people, feeds forbid markup, and what holds no markup
can do no harm wherever it is shown. HTML is read by nh3, which understands it as browsers do.
"""

from __future__ import annotations

import html
import re
import unicodedata

import nh3

_DROPPED = frozenset("script style template noscript iframe object svg math head title select textarea".split())
_BLOCKS = frozenset(
    """address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li
    main nav ol p pre section table tbody thead tr ul""".split()
)
_CELLS = frozenset(("td", "th"))
# Control, format (zero width, direction, tags), surrogate and private characters say nothing to a reader.
_UNREADABLE = frozenset(("Cc", "Cf", "Cs", "Co"))
_VARIATION_SELECTORS = range(0xE0100, 0xE01F0)
# Join or part letters of Arabic and Indic scripts and make one emoji of several; between Latin letters they hide.
_JOINERS = frozenset("\u200c\u200d")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>", re.DOTALL)
# A "<" that opens no whole tag is a sign for "less"; a browser would take all that follows for the tag.
_STRAY = re.compile(r"""<(?!/?[a-zA-Z](?:"[^"<]*"|'[^'<]*'|[^<>"'])*>)""")
# An "&" that begins no character reference.
_BARE = re.compile(r"&(?!#?[a-zA-Z0-9])")
_CLEANER = nh3.Cleaner(tags=set(_BLOCKS | _CELLS), clean_content_tags=set(_DROPPED), attributes={}, link_rel=None)
# No shop nests deeper. The parser's time grows with the square of the depth, so beyond it tags are cut out unread.
_MAX_DEPTH = 500
# What nests; the others have no content or are closed by their like.
_NESTING = re.compile(
    r"<(/?)(?!(?:br|img|hr|p|li|t[dhr]|d[dt]|input|source|wbr|col|meta|link)\b)[a-zA-Z]", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)(\w+)>")


def readable(text: str) -> str:
    """Return a single line without characters that cannot be seen, white space folded."""
    return " ".join(_visible(text).split())


def plain_text(source: str) -> str:
    """Return what an HTML fragment says, a line a block; scripts, styles and comments are dropped."""
    return _lines(re.sub(r"\s+", " ", _sanitized(source)))


def plain_lines(source: str) -> str:
    """Return what a text says that may have lines as well as HTML: each new line of it begins a line."""
    return _lines(_sanitized(source))


def _sanitized(source: str) -> str:
    """Return HTML with tags of structure only, none with an attribute, all text escaped."""
    whole = _BARE.sub("&amp;", _STRAY.sub("&lt;", _COMMENT.sub(" ", source)))
    if whole.count("<") > _MAX_DEPTH and _depth(whole) > _MAX_DEPTH:
        return re.sub(r"<[^<>]*>", " ", whole)
    return _CLEANER.clean(whole)


def _depth(source: str) -> int:
    """Count at most how deep elements stand in one another."""
    depth = deepest = 0
    for tag in _NESTING.finditer(source):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _lines(clean: str) -> str:
    text = html.unescape(_TAG.sub(_as_text, clean))
    lines = (readable(line) for line in text.split("\n"))
    return "\n".join(line for line in lines if line not in ("", "-"))


def _as_text(tag: re.Match[str]) -> str:
    is_end, name = tag[1] == "/", tag[2]
    if name in _CELLS:
        return "" if is_end else " "
    return "\n- " if name == "li" and not is_end else "\n"


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(text, place) for place in range(len(text)))


def _visible_character(text: str, place: int) -> str:
    character = text[place]
    if character.isspace():
        return " "
    if character in _JOINERS and _joins(text, place):
        return character
    is_hidden = unicodedata.category(character) in _UNREADABLE or ord(character) in _VARIATION_SELECTORS
    return "" if is_hidden else character


def _joins(text: str, place: int) -> bool:
    """Tell a joiner that stands where writing needs it: between characters beyond ASCII that can be seen."""
    neighbours = text[place - 1 : place] + text[place + 1 : place + 2]
    return len(neighbours) == 2 and all(
        character > "\x7f" and not character.isspace() and unicodedata.category(character) not in _UNREADABLE
        for character in neighbours
    )
