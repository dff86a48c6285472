"""Text as shops write it, HTML and all, turned into the plain words that agents and buyers read."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

_DROPPED = frozenset("script style template noscript iframe object svg math head title select textarea".split())
_BLOCKS = frozenset(
    """address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li
    main nav ol p pre section table tbody thead tr ul""".split()
)
_CELLS = frozenset(("td", "th"))
# Control, format (zero width, direction, tags), surrogate and private characters say nothing to a reader.
_UNREADABLE = frozenset(("Cc", "Cf", "Cs", "Co"))
_VARIATION_SELECTORS = range(0xE0100, 0xE01F0)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>", re.DOTALL)
# A "<" that opens no whole tag. Left as it is, html.parser searches the rest of the text for each of them.
_STRAY = re.compile(r"""<(?!/?[a-zA-Z](?:"[^"<]*"|'[^'<]*'|[^<>"'])*>)""")


def readable(text: str) -> str:
    """Return a single line without characters that cannot be seen, white space folded."""
    return " ".join(_visible(text).split())


def plain_text(html: str) -> str:
    """Return what an HTML fragment says, a line a block; scripts, styles and comments are dropped."""
    parser = _Text()
    parser.feed(_STRAY.sub("&lt;", _COMMENT.sub(" ", html)))
    parser.close()
    lines = (readable(line) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line not in ("", "-"))


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if character.isspace():
        return " "
    is_hidden = unicodedata.category(character) in _UNREADABLE or ord(character) in _VARIATION_SELECTORS
    return "" if is_hidden else character


class _Text(HTMLParser):
    """Collects text. White space of the source is folded first, so that only blocks break lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _DROPPED:
            self._dropping += 1
        elif not self._dropping:
            self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if not self._dropping:
            self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropping = max(self._dropping - 1, 0)
        elif tag in _BLOCKS and not self._dropping:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in _CELLS:
            self.parts.append(" ")
