"""The things a sentence asks for: "two navy totes and a blue mug" are two wants. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.shopper.rules.numbers import leading_count
from agents.shopper.rules.words import content_words

_PARTING = re.compile(
    r"\s*(?:[;,\n]|\.(?=\s|$)|[!?]|\b(?:and|plus|also|as\s+well\s+as|then)\b|&|\+)\s*", re.IGNORECASE
)
_FOR_WHOM = re.compile(
    r"\b(?:(?:it'?s|as|is)\s+)?(?:an?\s+)?(?:birthday\s+|christmas\s+|wedding\s+)?(?:gift"
    r"|present)?\s*\b(?:for)\s+(?:my|our|a|his|her)\s+(?:\w+\s+)?"
    r"(?:sister|brother|mom|mum|mother|dad|father|wife|husband|son|daughter|friend|colleague|boss|aunt|uncle|"
    r"grandma|grandpa|grandmother|grandfather|girlfriend|boyfriend|partner|niece|nephew|cousin|parents"
    r"|kids?|neighbou?r|teacher)s?(?:'s)?(?:\s+birthday)?\b",
    re.IGNORECASE,
)
_GIFT = re.compile(r"\b(?:gift|present|for\s+(?:her|him|them|a\s+friend|someone))\b", re.IGNORECASE)
_OPENERS = re.compile(
    r"^\W*(?:(?:hi|hello|hey|please|thanks|yes|no|ok|okay|well|so|actually|sorry|then|and|i'?d\s+like"
    r"|i\s+would\s+like|i\s+want|i\s+need|i'?m\s+looking\s+for|maybe|perhaps|put|looking\s+for|"
    r"can\s+you|could\s+you|do\s+you\s+have|have\s+you\s+got|show\s+me|find\s+me|get\s+me|give\s+me"
    r"|send\s+me|buy\s+me|i'?ll\s+take|i'?ll\s+have|i\s+will\s+take|"
    r"show|find|buy|order|take|get|purchase|want|need|send|add|include|search|to|me|for|some|any|wanna"
    r"|gonna|also|remove|delete|drop)\b\W*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Want:
    """Words for a thing, and how many of it where that was said."""

    words: tuple[str, ...]
    count: int | None = None

    @property
    def text(self) -> str:
        return " ".join(self.words)


def is_for_somebody_else(text: str) -> bool:
    return bool(_FOR_WHOM.search(text) or _GIFT.search(text))


def wants_in(text: str) -> tuple[Want, ...]:
    """Read the things a text names. What comes without a count or an article belongs to what was named before."""
    wants: list[Want] = []
    for piece in _PARTING.split(_FOR_WHOM.sub(" , ", text)):
        phrase = _OPENERS.sub("", piece)
        taken = leading_count(phrase)
        words = content_words(taken.rest)
        if not words and wants and taken.value and taken.value > 1:
            wants[-1] = Want(wants[-1].words, taken.value)  # "socks, three pairs"
        if not words:
            continue
        if taken.value is None and wants:
            wants[-1] = Want((*wants[-1].words, *words), wants[-1].count)
        else:
            wants.append(Want(words, taken.value))
    return tuple(wants)
