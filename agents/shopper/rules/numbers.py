"""Numbers as people write them, and how many of something is meant. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from agents.shopper.rules.words import Taken, alternatives, cut_out

MOST = 999

NUMBERS = {
    word: value
    for value, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split(),
        start=1,
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
NUMBERS |= {
    f"{ten}{sign}{one}": NUMBERS[ten] + NUMBERS[one]
    for ten in "twenty thirty forty fifty sixty seventy eighty ninety".split()
    for one in "one two three four five six seven eight nine".split()
    for sign in "- "
}
_NUMBERS = NUMBERS | {"half dozen": 6, "hundred": 100, "dozen": 12, "couple": 2, "pair": 2}

# A number before one of these is a size, not a count.
_UNITS = (
    r"(?:l|liters?|litres?|ml|cl|oz|lb|lbs|g|kg|grams?|cm|mm|m|in(?!\s+(?:total|all))|inch|inches|ft|feet|\"|w|watts?|lumens?|lm|v"
    r"|%|days?|weeks?|hours?|years?|st|nd|rd|th)"
)

NUMBER = rf"(?:\d{{1,3}}|{alternatives(NUMBERS)})"
_COUNT = rf"(?P<count>\d{{1,3}}|{alternatives(NUMBERS)}|half\s+a\s+dozen|(?:a\s+)?dozen|a\s+couple(?:\s+of)?)"
_NOT_SIZE = rf"(?!\s?-?{_UNITS}\b)(?!['\w])(?![.,]\d)"


class Way(StrEnum):
    """How a quantity is meant: as the whole, as more of it, or as less of it."""

    EXACTLY = "exactly"
    MORE = "more"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True)
class Quantity:
    count: int
    way: Way = Way.EXACTLY

    def of(self, before: int) -> int:
        """Return how many there are to be where there were `before`."""
        if self.way is Way.MORE:
            return before + self.count
        return max(0, before - self.count) if self.way is Way.FEWER else self.count


_MORE = re.compile(
    rf"\b(?:(?P<count>{NUMBER})\s+(?:more|extra|additional)\b(?!\s+(?:time|question|thing)))", re.IGNORECASE
)
_ANOTHER = re.compile(
    r"\b(?:another\s+(?:one|of\s+(?:those|them|these|the\s+same))|(?:add\s+)?another\s*(?=$|[.!,])|one\s+more)\b",
    re.IGNORECASE,
)
_FEWER = re.compile(rf"\b(?P<count>{NUMBER})\s+(?:less|fewer)\b", re.IGNORECASE)
_FRAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:make\s+(?:it|that|them)|change\s+(?:it|that|the\s+quantity|quantity)\s+to|quantity\s*(?:is"
        rf"|to|of|:|=)?|qty\s*:?|only|just|instead\s+of\s+\w+)\s+{_COUNT}{_NOT_SIZE}\b",
        rf"\b{_COUNT}{_NOT_SIZE}\s*(?:of\s+(?:them|those|these|it|each)|pieces?|pcs|units|in\s+(?:total|all)"
        rf"|altogether|please)\b",
        r"\b(?P<count>\d{1,3})\s?x\b",
        r"(?:^|\s)x\s?(?P<count>\d{1,3})\b",
        rf"^\W*(?:(?:no|then|so|ok|okay|just|fine|well|sorry)\b\W*)*(?:(?:i(?:'ll|\s+will)?\s+)?(?:take|want|need|buy|order|get)\s+)?{_COUNT}{_NOT_SIZE}\W*$",
    )
)
_TIMES = re.compile(r"\b\d{1,3}\s?x\b", re.IGNORECASE)
_CORRECTED = re.compile(
    rf"\b(?:no|wait|sorry|actually|rather|mean|meant)\b\W+(?:(?:no|wait|sorry|i|mean|meant|make|it|that|actually)\b\W+)*{_COUNT}\W*$",
    re.IGNORECASE,
)
_LEADING_TIMES = re.compile(r"^\W*(?P<count>\d{1,3})\s?x\s+(?=\S)", re.IGNORECASE)
_LEADING = re.compile(rf"^\W*{_COUNT}{_NOT_SIZE}\s+(?:of\s+(?:the|your)\s+)?(?=\S)", re.IGNORECASE)
_ARTICLE = re.compile(r"^\W*(?:an?|the|some|your|one\s+of\s+the)\s+", re.IGNORECASE)


def number_of(text: str) -> int:
    """Return what a number means, written in digits or as a word. Raises ValueError where it is none."""
    word = " ".join(part for part in text.lower().split() if part not in ("a", "of"))
    if word.isdigit():
        return int(word)
    if word in _NUMBERS:
        return _NUMBERS[word]
    raise ValueError(f"{text!r} is no number")


def find_quantity(text: str) -> Taken[Quantity | None]:
    """Find how many are meant, where the words leave no doubt: "two of them", "make it 3", "another one"."""
    for pattern, way in ((_MORE, Way.MORE), (_FEWER, Way.FEWER)):
        if match := pattern.search(text):
            return Taken(Quantity(number_of(match["count"]), way), cut_out(text, match))
    if match := _ANOTHER.search(text):
        return Taken(Quantity(1, Way.MORE), cut_out(text, match))
    is_list = len(_TIMES.findall(text)) > 1  # 2x totes, 1x lamp
    for pattern in () if is_list else _FRAMES:
        if match := pattern.search(text):
            if corrected := _CORRECTED.search(text, match.end()):
                return Taken(Quantity(number_of(corrected["count"])), text[: match.start()])
            return Taken(Quantity(number_of(match["count"])), cut_out(text, match))
    return Taken(None, text)


def leading_count(phrase: str) -> Taken[int | None]:
    """Take the count off a noun phrase: "two navy totes" are 2, "a mug" is 1, "20 L bag" says none."""
    if match := _LEADING_TIMES.match(phrase) or _LEADING.match(phrase):
        return Taken(number_of(match["count"]), phrase[match.end() :])
    if match := _ARTICLE.match(phrase):
        return Taken(1, phrase[match.end() :])
    return Taken(None, phrase)
