"""Words that several formats write alike: handles, titles, lists, long texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from django.utils.text import slugify

from merchants.imports.tables import Row
from merchants.imports.text import readable

MAX_DESCRIPTION = 20_000
_MAX_HANDLE = 240


def handle_of(row: Row, column: str, said: str) -> str:
    """Return a handle of ASCII letters, digits and dashes: the file's as it is, or one made from it."""
    made = made_handle(said)
    if made != said:
        row.report(column, f"Write small Latin letters, digits and dashes; it became {made}.")
    return made


def made_handle(said: str) -> str:
    """Return a handle that only this text becomes, and always the same."""
    slug = slugify(said)[:_MAX_HANDLE]
    return slug if slug == said else f"{slug}-{hashlib.sha256(said.encode()).hexdigest()[:8]}".strip("-")


def title_or_handle(row: Row, column: str, handle: str) -> str:
    if title := row.text(column):
        return title
    if row.has(column):
        row.report(column, "Give the product a title; a new one is called after its handle.")
    return handle.replace("-", " ").strip().capitalize()[:255] or handle[:255]


def long_text(row: Row, column: str, said: str) -> str:
    """Return a description, cut where it is too long."""
    if len(said) > MAX_DESCRIPTION:
        row.report(column, f"Shorten it to {MAX_DESCRIPTION} characters; the rest was cut off.")
    return said[:MAX_DESCRIPTION].rstrip()


def with_facts(said: str, facts: Iterable[str]) -> str:
    """Add to a description, a line each, what else is known and has no field of its own."""
    return "\n".join((*filter(None, [said]), *facts))


def split_words(row: Row, column: str, *, separator: str = ",") -> tuple[str, ...]:
    """Return a cell's words, each once. A separator behind a backslash belongs to the word."""
    words = (readable(one)[:100].rstrip() for one in split(row.raw(column), separator))
    return tuple(dict.fromkeys(word for word in words if word))


def split(said: str, separator: str) -> list[str]:
    """Part a text at its separators, but for those behind a backslash, which are kept without it."""
    parts = re.split(rf"(?<!\\){re.escape(separator)}", said)
    return [part.replace(f"\\{separator}", separator) for part in parts]
