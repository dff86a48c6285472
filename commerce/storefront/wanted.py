"""What somebody looks for: words, filters and an order. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

MAX_WORDS = 16

_PIECE = re.compile(r'-?"[^"]*"|\S+')


class Sort(StrEnum):
    RELEVANCE = "relevance"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"


class Stock(StrEnum):
    """Which variants count: all, what can be ordered (also ahead), or what is there."""

    ANY = "any"
    AVAILABLE = "available"
    IN_STOCK = "in_stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Each must hold; of several brands, categories, tags or conditions, or values of one option, one is enough.

    Prices are minor units. A category takes those below it along: "Clothing" has "Clothing > Socks". New is also
    what no condition is told of.
    """

    price_min: int | None = None
    price_max: int | None = None
    stock: Stock = Stock.ANY
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def has_price(self) -> bool:
        return self.price_min is not None or self.price_max is not None

    @property
    def narrows_variants(self) -> bool:
        """Whether some of a product's variants may be left out."""
        return self.has_price or self.stock is not Stock.ANY or bool(self.options)


@dataclass(frozen=True, slots=True)
class Question:
    """Words that must all be there, each in one of its spellings, and words that must not."""

    all_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for group in self.all_of for word in group)


@dataclass(frozen=True, slots=True)
class Wanted:
    question: Question = Question()
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.RELEVANCE

    def without_filters(self) -> Wanted:
        return replace(self, filters=Filters())


def read_question(text: str) -> Question:
    """Read what was typed: all words, "a phrase" as one, -without a word, one word or another."""
    pieces = _PIECE.findall(text)[:MAX_WORDS]
    all_of: list[tuple[str, ...]] = []
    none_of: list[str] = []
    is_alternative = False
    for position, piece in enumerate(pieces):
        if piece.lower() == "or" and 0 < position < len(pieces) - 1 and all_of:
            is_alternative = True
            continue
        word = piece.lstrip("-").strip('"').strip()
        if not any(letter.isalnum() for letter in word):
            continue
        if piece.startswith("-"):
            none_of.append(word)
        elif is_alternative:
            all_of[-1] = (*all_of[-1], word)
        else:
            all_of.append((word,))
        is_alternative = False
    if not all_of and not none_of and text.strip():
        all_of = [(text.strip(),)]  # signs only: a question all the same, which nothing answers
    return Question(tuple(all_of), tuple(none_of))
