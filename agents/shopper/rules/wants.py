"""The things a sentence asks for: "two navy totes and a blue mug" are two wants. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.shopper.rules.numbers import leading_count
from agents.shopper.rules.words import COLORS, SIZES, content_words, stem

_PARTING = re.compile(
    r"\s*(?:[;,\n()]|[.:](?=\s|$)|[!?]|\b(?:and|plus|also|as\s+well\s+as|then)\b|&|\+)\s*", re.IGNORECASE
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
    r"|i\s+would\s+like|i\s+(?:only\s+|just\s+)?(?:want|need)|only|just|i'?m\s+looking\s+for|maybe|perhaps|put|looking\s+for|"
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
    listed = [one for one in text.split(";") if one.strip()]
    if len(listed) > 1:
        return tuple(want for one in listed for want in wants_in(one))
    wants: list[Want] = []
    for piece in _PARTING.split(_FOR_WHOM.sub(" , ", text)):
        phrase = _OPENERS.sub("", piece)
        taken = leading_count(phrase)
        words = content_words(taken.rest)
        if not words and wants and taken.value and taken.value > 1:
            wants[-1] = Want(wants[-1].words, taken.value)  # "socks, three pairs"
        if not words:
            continue
        if taken.value is None and wants and not (_is_kind(words) and _is_kind(wants[-1].words)):
            wants[-1] = Want((*wants[-1].words, *words), wants[-1].count)
        else:
            wants.append(Want(words, taken.value))
    return _parted(wants)


def _is_kind(words: tuple[str, ...]) -> bool:
    """Say whether words end in a plural, so that they name a kind of thing: mugs, navy totes."""
    last = words[-1]
    return last not in COLORS and stem(last) != last


def _parted(wants: list[Want]) -> tuple[Want, ...]:
    """Part a number of things into what it says of them: "three mugs: 2 blue, 1 green"."""
    if len(wants) < 2 or not wants[0].count:
        return tuple(wants)
    whole, *parts = wants
    described = [one for one in parts if one.count and set(one.words) <= COLORS | SIZES]
    total = sum(one.count or 0 for one in described)
    if len(described) < len(parts) or not 0 < total <= (whole.count or 0):
        return tuple(wants)
    split = [Want((*one.words, *whole.words), one.count) for one in parts]
    left = (whole.count or 0) - total
    return (*split, Want(whole.words, left)) if left else tuple(split)
