"""How our own CSV writes values so that reading them gives the same again, and a spreadsheet runs none of them.

Cells are taken as they are, but for white space around them. A list is parted by "|", which within a value
stands behind a backslash. What a spreadsheet would take for a formula stands behind an apostrophe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FORMULA = tuple("=+-@\t\r")
_PIECE = re.compile(r"\\[\\|]|\||[^\\|]+|\\")


def as_cell(text: str) -> str:
    """Write a text so that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(_FORMULA) or _is_marked(text) else text


def from_cell(cell: str) -> str:
    """Read what `as_cell` has written, or what a person has."""
    text = cell.strip()
    return text[1:] if _is_marked(text) else text


def _is_marked(text: str) -> bool:
    return text.startswith("'") and text[1:2] in (*_FORMULA, "'") and len(text) > 1


def join_list(values: Iterable[str]) -> str:
    """Write a list into one cell."""
    return " | ".join(re.sub(r"([\\|])", r"\\\1", value) for value in values)


def split_list(text: str) -> tuple[str, ...]:
    """Read a list from one cell; an empty cell is an empty list."""
    if not text.strip():
        return ()
    parts = [""]
    for piece in _PIECE.findall(text):
        if piece == "|":
            parts.append("")
        else:
            parts[-1] += piece[1] if piece in ("\\\\", "\\|") else piece
    return tuple(part.strip() for part in parts)
