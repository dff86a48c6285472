"""Which of several things is meant: by place in a list, by price, or by a word that points. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from agents.shopper.rules.words import Taken, alternatives, cut_out

_ORDINALS = {
    word: number for number, word in enumerate("first second third fourth fifth sixth seventh eighth".split(), 1)
}
_ORDINAL = re.compile(
    rf"(?<!\w)(?:the\s+|your\s+)?(?:(?P<word>{alternatives(_ORDINALS)}|last|final)|(?P<digit>[1-8])(?:st"
    rf"|nd|rd|th)|(?:number|no\.?|option|nr\.?|item|result|#)\s?(?P<number>[1-8])\b)"
    r"(?:\s+(?:one|option|product|item|result))?(?!\s+(?:name|floor|class|of\s+(?:all|january|february"
    r"|march|april|may|june|july|august|september|october|november|december)))\b",
    re.IGNORECASE,
)
_FIRST_FEW = re.compile(r"\b(?:the\s+)?first\s+(?P<count>two|three|four|2|3|4)\b", re.IGNORECASE)
_CHEAPEST = re.compile(
    r"\b(?:the\s+)?(?:cheapest|least\s+expensive|lowest[- ]priced?|most\s+affordable"
    r"|less\s+expensive\s+one|cheaper\s+one)(?:\s+one)?\b",
    re.IGNORECASE,
)
_DEAREST = re.compile(r"\b(?:the\s+)?(?:most\s+expensive|dearest|priciest|best\s+one)(?:\s+one)?\b", re.IGNORECASE)
_ANY = re.compile(
    r"\b(?:any(?:\s+(?:one|of\s+them|colou?r|size|will\s+do|is\s+fine))?|whichever|whatever"
    r"|don'?t\s+(?:care|mind)|you\s+(?:choose|pick|decide)|no\s+preference|either)\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:both(?:\s+of\s+them)?|all\s+(?:of\s+(?:them|those)|three|four|two)|each\s+of\s+them)\b", re.IGNORECASE
)
_OTHER = re.compile(r"\bthe\s+other(?:\s+one)?\b", re.IGNORECASE)
_THIS = re.compile(r"\b(?:it|this|that|this\s+one|that\s+one|the\s+one|these|those|them)\b", re.IGNORECASE)
_BARE_NUMBER = re.compile(r"^\W*(?P<number>[1-8])\W*$")


class Extreme(StrEnum):
    CHEAPEST = "cheapest"
    DEAREST = "dearest"


@dataclass(frozen=True, slots=True)
class Choice:
    """Places count from 1, -1 is the last."""

    places: tuple[int, ...] = ()
    extreme: Extreme | None = None
    is_any: bool = False
    is_all: bool = False
    is_other: bool = False
    points: bool = False

    def __bool__(self) -> bool:
        return bool(self.places or self.extreme or self.is_any or self.is_all or self.is_other)


def find_choice(text: str, *, is_asked: bool = False) -> Taken[Choice]:
    """Find what a text chooses. Where a list `is_asked` about, "2" is a place in it."""
    if is_asked and (match := _BARE_NUMBER.match(text)):
        return Taken(Choice((int(match["number"]),)), "")
    places, rest = _places(text)
    extreme: Extreme | None = None
    for kind, pattern in ((Extreme.CHEAPEST, _CHEAPEST), (Extreme.DEAREST, _DEAREST)):
        if not places and extreme is None and (match := pattern.search(rest)):
            extreme, rest = kind, cut_out(rest, match)
    flags = {}
    for name, pattern in (("is_all", _ALL), ("is_other", _OTHER), ("is_any", _ANY)):
        match = pattern.search(rest)
        flags[name] = match is not None
        rest = cut_out(rest, match) if match and name != "is_any" else rest
    return Taken(Choice(places, extreme, points=bool(_THIS.search(rest)), **flags), rest)


def _places(text: str) -> tuple[tuple[int, ...], str]:
    if match := _FIRST_FEW.search(text):
        count = {"two": 2, "three": 3, "four": 4}.get(match["count"].lower()) or int(match["count"])
        return tuple(range(1, count + 1)), cut_out(text, match)
    places: list[int] = []
    rest = text
    while match := _ORDINAL.search(rest):
        word = (match["word"] or "").lower()
        places.append(_ORDINALS.get(word, -1) if word else int(match["digit"] or match["number"]))
        rest = cut_out(rest, match)
    return tuple(places), rest
