"""Limits of price in a sentence: "under 60", "between 20 and 40", "around 50". Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from agents.shopper.rules.numbers import NUMBERS
from agents.shopper.rules.words import Taken, alternatives, cut_out

_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_NAMES = {
    "dollar": "USD",
    "dollars": "USD",
    "bucks": "USD",
    "euro": "EUR",
    "euros": "EUR",
    "pound": "GBP",
    "pounds": "GBP",
    "quid": "GBP",
    "yen": "JPY",
    "francs": "CHF",
    "kroner": "NOK",
    "kronor": "SEK",
} | {code.lower(): code for code in "USD EUR GBP JPY CHF CAD AUD NOK SEK DKK PLN".split()}

_CURRENCY = rf"(?:[$€£¥]|(?:{alternatives(_NAMES)})\b)"
_NUMBER = rf"(?:\d{{1,3}}(?:[ ,]\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d{{1,2}})?|(?:{alternatives(NUMBERS)}|hundred)\b)"
_NOT_SIZE = (
    r"(?!\s?(?:l|ml|cl|oz|lbs?|g|kg|grams?|cm|mm|inch(?:es)?|days?|weeks?|hours?|minutes?|pieces|stars?|years?"
    r"|lumens?)\b)(?![\w%])"
)


def _amount(name: str) -> str:
    return rf"(?:{_CURRENCY}\s?)?(?P<{name}>{_NUMBER})(?![\d]){_NOT_SIZE}(?:\s?(?P<{name}_in>{_CURRENCY}))?"


_RANGE = re.compile(
    rf"\b(?:(?:priced?\s+)?(?:between|from))\s+{_amount('low')}\s*(?:and|to|-)\s*{_amount('high')}"
    rf"|{_CURRENCY}\s?(?P<low2>{_NUMBER})\s*(?:-|to)\s*{_CURRENCY}?\s?(?P<high2>{_NUMBER})"
    rf"|\b(?P<low3>{_NUMBER})\s*(?:-|to)\s*(?P<high3>{_NUMBER})\s?{_CURRENCY}",
    re.IGNORECASE,
)
_HIGHEST = re.compile(
    r"(?:\b(?:under|below|beneath|less\s+than|cheaper\s+than|lower\s+than|at\s+most|max(?:imum)?\.?(?:\s+of)?"
    r"|up\s+to|not\s+more\s+than|"
    r"no\s+more\s+than|not\s+over|within|(?:a\s+|my\s+)?budget(?:\s+(?:is|of))?|i\s+(?:have"
    r"|can\s+spend)(?:\s+only)?)\s*:?|[<≤]=?)"
    rf"\s*(?:about\s+|around\s+|only\s+)?{_amount('high')}",
    re.IGNORECASE,
)
_FOR = re.compile(
    rf"\bfor\s+(?:only\s+|just\s+)?(?=[$€£¥]|{_NUMBER}\s?{_CURRENCY}){_amount('high')}", re.IGNORECASE
)
_OR_LESS = re.compile(
    rf"{_amount('high')}\s*(?:or\s+(?:less|under|cheaper|below)|max(?:imum)?\b|tops\b|at\s+most)", re.IGNORECASE
)
_LOWEST = re.compile(
    r"(?:\b(?:over|above|more\s+than|at\s+least|not\s+under|min(?:imum)?(?:\s+of)?|starting\s+at"
    r"|upwards\s+of)\s*:?|[>≥]=?)"
    rf"\s*{_amount('low')}",
    re.IGNORECASE,
)
_ABOUT = re.compile(rf"\b(?:around|about|roughly|approximately|circa|near)\s+{_amount('mid')}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the highest price, as decimals in text; `currency` where one was named."""

    least: str = ""
    highest: str = ""
    currency: str = ""

    def __bool__(self) -> bool:
        return bool(self.least or self.highest)


def find_limits(text: str) -> Taken[Limits]:
    """Find the limits of price a text sets, each at most once."""
    if match := _RANGE.search(text):
        low = match["low"] or match["low2"] or match["low3"]
        high = match["high"] or match["high2"] or match["high3"]
        return Taken(Limits(_decimal(low), _decimal(high), _currency(match[0])), cut_out(text, match))
    if match := _ABOUT.search(text):
        middle = Decimal(_decimal(match["mid"]))
        low, high = (_whole(middle * share) for share in (Decimal("0.8"), Decimal("1.2")))
        return Taken(Limits(low, high, _currency(match[0])), cut_out(text, match))
    highest, least, currency, rest = "", "", "", text
    if match := _HIGHEST.search(rest) or _OR_LESS.search(rest) or _FOR.search(rest):
        highest, currency, rest = _decimal(match["high"]), _currency(match[0]), cut_out(rest, match)
    if match := _LOWEST.search(rest):
        least, rest = _decimal(match["low"]), cut_out(rest, match)
        currency = currency or _currency(match[0])
    return Taken(Limits(least, highest, currency), rest)


def _decimal(text: str) -> str:
    word = text.lower().strip()
    if word in NUMBERS or word == "hundred":
        return str(NUMBERS.get(word, 100))
    if re.fullmatch(r"\d+,\d{1,2}", word):
        return word.replace(",", ".")
    return word.replace(",", "").replace(" ", "")


def _whole(amount: Decimal) -> str:
    return str(amount.quantize(Decimal(1), rounding=ROUND_DOWN))


def _currency(text: str) -> str:
    for sign, code in _SIGNS.items():
        if sign in text:
            return code
    found = re.search(rf"\b({alternatives(_NAMES)})\b", text.lower())
    return _NAMES[found[1]] if found else ""
