"""Which of the products and variants that were shown somebody means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.shopper.rules.choices import Choice, Extreme
from agents.shopper.rules.results import Product, Variant, amount
from agents.shopper.rules.words import COLORS, stem, stems, words_of

_SIZES = {"small": "s", "medium": "m", "large": "l", "xlarge": "xl", "x-large": "xl", "xsmall": "xs"}
_SIZE_WORDS = {letter: word for word, letter in _SIZES.items() if word in ("small", "medium", "large")}
_SAME = {"grey": "gray", "colour": "color"}


@dataclass(frozen=True, slots=True)
class Fit:
    """The variants that words leave; `named` are the option values that were said, `lacking` those it has not."""

    variants: tuple[Variant, ...]
    named: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def spoken(text: str) -> frozenset[str]:
    """Return the words of a text as they are compared with those of products."""
    return frozenset(_SAME.get(one, one) for one in stems(text))


def score(words: Iterable[str], product: Product) -> tuple[int, int]:
    """Return how many words a product is called by, and how many of them stand in its title."""
    wanted = [_SAME.get(stem(one), stem(one)) for one in words]
    title = spoken(product.title)
    values = " ".join(value for variant in product.variants for _, value in variant.options)
    everything = title | spoken(f"{product.brand} {' '.join(product.tags)} {values}")
    known = sum(one in everything or _SIZES.get(one) in everything for one in wanted)
    return known, sum(one in title for one in wanted)


def called(words: Sequence[str], products: Sequence[Product]) -> tuple[Product, ...]:
    """Return the products that words call: by all of them where any is, else those with most in the title."""
    if not words:
        return ()
    scores = {one.id: score(words, one) for one in products}
    whole = [one for one in products if scores[one.id][0] == len(words)]
    if whole:
        best = max(scores[one.id][1] for one in whole)
        return tuple(one for one in whole if scores[one.id][1] == best)
    best = max((scores[one.id][1] for one in products), default=0)
    return tuple(one for one in products if best and scores[one.id][1] == best)


def chosen(choice: Choice, products: Sequence[Product], focus: Product | None = None) -> tuple[Product, ...]:
    """Return the products that a choice names by place or price."""
    if choice.places:
        count = len(products)
        places = [place - 1 if place > 0 else count - 1 for place in choice.places]
        return tuple(products[place] for place in places if 0 <= place < count)
    if choice.extreme and products:
        can_be_bought = [one for one in products if one.is_purchasable] or list(products)
        if choice.extreme is Extreme.CHEAPEST:
            return (min(can_be_bought, key=lambda one: amount(one.lowest.price)),)
        return (max(can_be_bought, key=lambda one: amount(one.highest.price)),)
    if choice.is_all:
        return tuple(products)
    if choice.is_other and focus and len(products) == 2:
        return tuple(one for one in products if one.id != focus.id)
    return (products[0],) if choice.is_any and products else ()


def fit(product: Product, text: str, earlier: str = "") -> Fit:
    """Leave the variants whose options a text names; all of them where it names none.

    `earlier` was said before: it counts for options of which the text says nothing.
    """
    said, before = _with_sizes(text), _with_sizes(earlier)
    left, named = list(product.variants), list[str]()
    for name in dict.fromkeys(name for variant in product.variants for name, _ in variant.options):
        values = list(
            dict.fromkeys(value for variant in product.variants for key, value in variant.options if key == name)
        )
        matching = _values_said(values, said, text) or _values_said(values, before, earlier)
        if matching:
            left = [one for one in left if dict(one.options).get(name) in matching]
            named += matching
    lacking = _lacking(product, said, named)
    return Fit(tuple(left), tuple(named), lacking)


def _with_sizes(text: str) -> frozenset[str]:
    said = spoken(text)
    return (
        said | {_SIZES[one] for one in said & set(_SIZES)} | {_SIZE_WORDS[one] for one in said & set(_SIZE_WORDS)}
    )


def _values_said(values: Sequence[str], said: frozenset[str], text: str) -> list[str]:
    """Return the values said in full, else those of which a telling word was said."""
    plain = " ".join(words_of(text))
    whole = [value for value in values if _is_whole(value, said, plain)]
    if whole:
        longest = max(len(words_of(value)) for value in whole)
        return [value for value in whole if len(words_of(value)) == longest]
    shared = [
        value for value in values if {one for one in spoken(value) if len(one) > 2 and not one.isdigit()} & said
    ]
    return shared if len(shared) < len(values) or len(values) == 1 else []


def _is_whole(value: str, said: frozenset[str], plain: str) -> bool:
    words = spoken(value)
    if not words:
        return False
    if any(one.isdigit() for one in words) and len(words) > 1:
        return " ".join(words_of(value)) in plain or "".join(words_of(value)) in plain.split()
    return words <= said


def _lacking(product: Product, said: frozenset[str], named: Sequence[str]) -> tuple[str, ...]:
    """Return the colors that were said and that a product with colors has not."""
    has_colors = any(
        re.search("colou?r", name, re.IGNORECASE) for one in product.variants for name, _ in one.options
    )
    if not has_colors:
        return ()
    known = spoken(f"{product.title} {' '.join(named)} {product.brand}")
    return tuple(sorted((said & COLORS) - known))


def is_excluded(product: Product, phrases: Sequence[tuple[str, ...]]) -> bool:
    """Say whether a product is what it is not to be: called so, or to be had in no other way."""
    return any(_is_called_or_only(product, spoken(" ".join(words))) for words in phrases)


def _is_called_or_only(product: Product, words: frozenset[str]) -> bool:
    if words <= spoken(f"{product.title} {product.brand} {' '.join(product.tags)}"):
        return True
    return all(words <= spoken(" ".join(value for _, value in one.options)) for one in product.variants)


def open_options(variants: Sequence[Variant]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the options in which variants differ, with the values that are left to choose."""
    names = dict.fromkeys(name for one in variants for name, _ in one.options)
    table = ((name, tuple(dict.fromkeys(dict(one.options).get(name, "") for one in variants))) for name in names)
    return tuple((name, tuple(filter(None, values))) for name, values in table if len(values) > 1)
