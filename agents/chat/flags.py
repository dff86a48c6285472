"""What stands on an order sheet that the shopper never asked for: found by rules, in the shopper's words. Pure.

A language model fills the sheet, and text of strangers can sway it: this says so where the person looks. It is
no judgement on what may be bought, and a notice too many is better than one too few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from commerce.checkout.document import Document, Line

QUANTITY, ITEM, SHIPPING = "quantity", "item", "shipping"


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at twice. `line` is the id of the line that is meant, "" for delivery."""

    kind: str
    text: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the shopper has asked for: words, and what was set by hand on the sheet.

    `quantities` are by variant, `options` the ways of delivery that were chosen, `shown` the products that the
    shopper has seen.
    """

    texts: Sequence[str] = ()
    quantities: dict[str, int] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()


FETCHED = ("digital", "pickup")
"""Ways in which nothing is brought: whoever gave an address did not ask for them."""


def flags_of(document: Document, asked: Asked) -> list[Flag]:
    """Return what the shopper did not ask for, as far as rules can tell."""
    said = " ".join(asked.texts).casefold()
    return [
        *(flag for line in document.lines for flag in _of_line(line, said, asked)),
        *_of_delivery(document, said, asked),
    ]


def _of_line(line: Line, said: str, asked: Asked) -> Iterator[Flag]:
    if line.quantity > 1 and line.quantity not in {*said_numbers(said), asked.quantities.get(line.variant_id)}:
        yield Flag(QUANTITY, f"You did not ask for {line.quantity} of these.", line.id)
    if line.variant_id not in asked.quantities and not _is_named(line, said, asked):
        yield Flag(ITEM, "You did not name this item. Is it what you want?", line.id)


def _of_delivery(document: Document, said: str, asked: Asked) -> Iterator[Flag]:
    ways = [one for one in document.options if one.kind not in FETCHED]
    chosen = {one.option_id for one in document.selections}
    cheapest = min(ways, key=lambda one: one.amount_minor, default=None)
    for way in ways:
        if cheapest is None or way.id not in chosen or way.amount_minor <= cheapest.amount_minor:
            continue
        is_named = bool(_stems(way.title) & _stems(said))
        if not (way.id in asked.options or is_named or _HURRY.search(said)):
            yield Flag(SHIPPING, f"There is a cheaper way: {cheapest.title}. You did not ask for a faster one.")


def said_numbers(said: str) -> set[int]:
    """Return how many of something the words can mean: numbers that are no price, code or part of an address."""
    cleaned = _NO_QUANTITY.sub(" ", said)
    numbers = {int(one) for one in re.findall(r"(?<![\w.,#$€£-])(\d{1,3})(?![\w%€]|[.,]\d)", cleaned)}
    numbers |= {_NUMBER_WORDS[one] for one in re.findall(r"[a-z]+", cleaned) if one in _NUMBER_WORDS}
    more = len(re.findall(r"\b(?:another|one more|an additional)\b", cleaned))
    return numbers | ({1 + more} if more else set())


def _is_named(line: Line, said: str, asked: Asked) -> bool:
    """Say whether the words name an item, or point at one of those that were shown."""
    heard = _stems(said)
    if _stems(line.title) & heard:
        return True
    if line.product_id in asked.shown and _POINTING.search(said):
        return True
    described = [value for _, value in line.options] + [line.category]
    return bool(_stems(" ".join(described)) & heard)


def _stems(text: str) -> set[str]:
    """Return the words that mean something, without the s of many."""
    words = re.findall(r"[^\W\d_]{3,}", text.casefold())
    return {word.removesuffix("s") for word in words} - _SMALL_WORDS


_NUMBER_WORDS = {
    **{word: number for number, word in enumerate("two three four five six seven eight nine ten".split(), 2)},
    "eleven": 11,
    "twelve": 12,
    "both": 2,
    "couple": 2,
    "pair": 2,
    "dozen": 12,
    "twice": 2,
}

# Prices ("under 60", "$60", "60 dollars"), streets ("12 Market St"), postal codes and dates are no quantities.
_NO_QUANTITY = re.compile(
    r"(?:under|below|over|above|than|to|max|maximum|most|budget(?: of)?|around|about|[$€£])\s*\d[\d.,]*"
    r"|\d[\d.,]*\s*(?:%|percent|dollars?|bucks|euros?|eur|usd|gbp|pounds?|cents?|am|pm|days?|weeks?)\b"
    r"|\b\d+\w?\s+(?:\w+\s+){1,3}(?:st|street|ave|avenue|road|rd|lane|ln|drive|dr|blvd|boulevard|way|court|ct|place)\b"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+\d+"
    r"|\b\d+(?:st|nd|rd|th)\b"
    r"|\b(?:size|apt|apartment|unit|suite|no\.?|number)\s*\d+"
)

_HURRY = re.compile(
    r"\b(?:fast\w*|express|quick\w*|soon\w*|asap|urgent\w*|overnight|next[- ]day|priority|rush|hurry"
    r"|today|tomorrow|tonight|in time|deadline|arrive\w*|until"
    r"|by (?:the )?(?:\d|mon|tue|wed|thu|fri|sat|sun|next|end))"
)

_POINTING = re.compile(
    r"\b(?:first|second|third|fourth|fifth|last|cheapest|cheaper|best|this|that|it|them|those|these|one|same|any|either)\b"
)

_SMALL_WORDS = frozenset(
    """the and for with from are you can have has want need please like would some any one two this that what which
    get buy order add put set item product thing my me her his our your not but new all out how much many more
    gift pack kit size color colour black white small large medium deluxe edition""".split()
)
