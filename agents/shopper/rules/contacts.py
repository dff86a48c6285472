"""E-mail addresses, telephone numbers and names in a sentence. Pure."""

from __future__ import annotations

import re

from agents.shopper.rules.countries import place_named
from agents.shopper.rules.words import COLORS, FILLERS, Taken, cut_out, fold

_UPPER = "A-ZÀ-ÖØ-ÞŁŚŻŹŠŽČĆĐĎŤŇŘŐŰİŞĞĀĒĪŌŪ"
_PARTICLES = r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|bin|al|ter|zu|y|e)"
_NAME_WORD = rf"[{_UPPER}][^\W\d_]*(?:[.'-][^\W\d_]+)*\.?"
NAME = rf"{_NAME_WORD}(?:\s+(?:{_PARTICLES}\s+)*{_NAME_WORD}){{1,4}}"

_EMAIL = re.compile(r"(?:\bmailto:)?[\w.+'-]*\w@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b")
_EMAIL_LEAD = re.compile(
    r"(?:\b(?:(?:and\s+)?(?:my|the|her|his|his|our)?\s*)?\b(?:e-?mail(?:\s+address)?|mail|receipt)(?:'s"
    r"|\s+(?:is|to|goes\s+to|should\s+go\s+to))?\s*[:=]?\s*)$",
    re.IGNORECASE,
)
_CARD_LENGTHS = (13, 14, 15, 16, 19)
_CARD = re.compile(r"(?<![\d+])(?:\d[ -]?){12,24}\d(?!\d)")
_NO_EMAIL = re.compile(r"\S+@\S+")
_PHONE = re.compile(
    r"(?:\b(?:phone|tel|telephone|mobile|cell|call\s+me(?:\s+(?:at|on))?)\b(?:\s+(?:number"
    r"|no\.?))?(?:\s+is)?[\s:]{0,3})(?P<said>\+?\(?\d[\d ().\-/]{5,}\d)"
    r"|(?P<written>\+\d[\d ().\-]{6,}\d|\(\d{3}\)\s?\d{3}-\d{4}|\b\d{3}-\d{3}-\d{4}\b)",
    re.IGNORECASE,
)
_BUYER = re.compile(
    rf"(?:\b(?i:my\s+(?:full\s+)?name\s+is|my\s+name's|i\s+am|i'm|this\s+is"
    rf"|(?<!her\s)(?<!his\s)(?<!their\s)(?<!'s\s)name\s*[:=]"
    rf"|(?<!her\s)(?<!his\s)(?<!their\s)(?<!'s\s)name(?:\s+is)?|signed))\s+(?P<name>{NAME})"
)
_BUYER_ANY = re.compile(
    r"\b(?:my\s+(?:full\s+)?name\s+is|name\s*[:=])\s+(?P<name>[^\W\d_]+(?:\s+[^\W\d_]+){1,3})\s*(?=$|[,.;\n])",
    re.IGNORECASE,
)
_BUYER_MENDED = re.compile(
    rf"(?i:\bname\b[^.,;]*\b(?:wrong|incorrect|misspel\w+)\W+(?:it'?s|it\s+is|(?:it\s+)?should\s+be))\s+(?P<name>{NAME})"
)
_FIRST_NAME = re.compile(rf"\b(?i:i'?m|i\s+am|my\s+name\s+is)\s+[{_UPPER}][^\W\d_]+(?=\s*(?:[.,!;]|$))")
_RECIPIENT = re.compile(
    rf"(?:\b(?i:(?:ship|send|deliver|mail|post|address)(?:\s+(?:it|them|this|everything|that))?(?:\s+to)?"
    rf"|to|for|recipient(?:\s+is)?|attn:?|c/o|addressed\s+to|"
    rf"(?:her|his|their|the\s+recipient'?s)\s+name\s+is|(?:she|he)\s+is\s+called|called))\s*:?\s+(?P<name>{NAME})"
)
_TITLES = re.compile(r"^(?:mrs?|ms|mx|dr|prof|herr|frau|mme|m)\.?\s+", re.IGNORECASE)
_STREET_ENDS = frozenset({"street", "st", "road", "rd", "avenue", "ave", "lane", "drive", "square", "way", "hill"})
_NOT_NAMES = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december christmas i please thanks hello express standard shipping delivery
    year's years color colour size yes no street""".split()
)


def find_email(text: str) -> Taken[str]:
    match = _EMAIL.search(text)
    if match is None:
        return Taken("", text)
    lead = _EMAIL_LEAD.sub("", text[: match.start()])
    return Taken(match[0].removeprefix("mailto:"), f"{lead.rstrip()} , {text[match.end() :].lstrip()}")


def has_broken_email(text: str) -> bool:
    """Say whether something is there that was meant to be an e-mail address and is none."""
    return bool(_NO_EMAIL.search(text)) and not _EMAIL.search(text)


def find_phone(text: str) -> Taken[str]:
    match = _PHONE.search(text)
    if match is None:
        return Taken("", text)
    return Taken((match["said"] or match["written"]).strip(), cut_out(text, match))


def has_card_number(text: str) -> bool:
    """Say whether a text has what is the number of a card, by its length and its check digit."""
    runs = (re.sub(r"\D", "", match[0]) for match in _CARD.finditer(text))
    return any(_is_card(digits[:length]) for digits in runs for length in _CARD_LENGTHS)


def _is_card(digits: str) -> bool:
    doubled = [int(one) * (2 if place % 2 else 1) for place, one in enumerate(reversed(digits))]
    return len(digits) in _CARD_LENGTHS and sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


def find_buyer(text: str) -> Taken[str]:
    """Find the name that people give as their own: "my name is Jane Roe". A first name alone is only taken out."""
    for pattern in (_BUYER, _BUYER_ANY, _BUYER_MENDED):
        match = pattern.search(text)
        if match and is_name(match["name"]):
            return Taken(tidy(match["name"]), cut_out(text, match))
    return Taken("", _FIRST_NAME.sub(" , ", text))


def find_recipient(text: str) -> Taken[str]:
    """Find who something is sent to: "two totes to Jane Roe"."""
    for match in _RECIPIENT.finditer(text):
        if is_name(match["name"]):
            return Taken(tidy(match["name"]), cut_out(text, match))
    return Taken("", text)


def is_name(text: str) -> bool:
    """Say whether two to five words may be somebody's name: not a place, not a day, not a street."""
    words = fold(text).replace(".", "").split()
    if not 2 <= len(words) <= 6 or any(not re.fullmatch(r"[a-z'-]+", word) for word in words):
        return False
    small = [word for word in text.split() if word[:1].islower()]
    if len(small) < len(words) and not all(re.fullmatch(_PARTICLES, word) for word in small):
        return False  # "Her name is Ann" has a name in it
    return words[0] != "the" and not (place_named(text) or _NOT_NAMES & set(words) or words[-1] in _STREET_ENDS)


def bare_name(text: str) -> str:
    """Return the name that a text is, where it is nothing else: "jane roe" in answer to a question for it."""
    candidate = tidy(re.sub(r"^\W*(?:(?:it's|its|name|for|to)\b\W*)+", "", text.strip(), flags=re.IGNORECASE))
    if any(
        word in FILLERS or word in COLORS for word in candidate.lower().split() if text.islower() or word in COLORS
    ):
        return ""
    return candidate if is_name(candidate) else ""


def tidy(text: str) -> str:
    """Write a name as it stands on a parcel: no title, one space, capitals where there were none."""
    name = " ".join(_TITLES.sub("", text.strip(" .,;:-")).split())
    return name.title() if name == name.lower() else name


def first_and_last(name: str) -> tuple[str, str]:
    """Split a name for a form that wants two."""
    first, _, last = name.partition(" ")
    return first, last
