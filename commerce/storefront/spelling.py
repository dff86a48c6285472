"""Which word somebody may have meant by one that nothing here is called. Pure.

In doubt is a word that nothing is called, though a description may mention it. The shop's own vocabulary is
asked, in this order: two words written as one or one as two, another word for the same thing, a slip of the
finger, a part of a compound. What is guessed is told to whoever asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from commerce.storefront.wanted import Question

MIN_PART = 3
MIN_COMPOUND = 4
MAX_INSTEAD = 3

# Words of the same meaning that shops and shoppers use side by side, British and American above all.
SAME_THING = tuple(
    frozenset(line.split())
    for line in """
    gray grey
    jumper sweater pullover
    rucksack backpack knapsack daypack
    trainers sneakers
    trousers pants
    torch flashlight headlamp
    cap hat beanie
    tee tshirt t-shirt
    sofa couch
    cot crib
    nappy diaper
    purse handbag
    wallet billfold
    jewellery jewelry
    colour color
    flask thermos bottle
    cup mug
    pan skillet
    rug carpet
    cushion pillow
    curtain drape
    duvet comforter
    kids children
    mens men
    womens women ladies
    laptop notebook
    phone mobile
    swimsuit swimwear
    raincoat mac
    anorak parka
    bookcase bookshelf
    earbuds earphones
    charger adapter adaptor
    """.strip().splitlines()
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word that nothing is called, and what the vocabulary has: words alike, words it is a part of.

    `is_mentioned` says that a description has it: then it may be meant as it is, too.
    """

    word: str
    alike: tuple[str, ...] = ()
    compounds: tuple[str, ...] = ()
    is_mentioned: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """What was written, and the words looked for instead: each is one way it may have been meant."""

    written: str
    instead: tuple[str, ...]


def candidates(words: Sequence[str]) -> Iterator[str]:
    """Yield what the vocabulary is to be asked for exactly: parts of words, words joined, synonyms."""
    for word in words:
        for left, right in _splits(word):
            yield left
            yield right
        yield from _synonyms(word)
    for left, right in pairwise(words):
        yield left + right


def correct(
    question: Question, doubts: Mapping[str, Doubt], vocabulary: Collection[str]
) -> tuple[Question, tuple[Correction, ...]]:
    """Return the question with other words for those in doubt, and what was changed.

    Words are folded (small letters, no accents). What has no other word stays as it is.
    """
    told: list[Correction] = []
    groups = _joined(question.all_of, doubts, vocabulary, told)
    spelt = [way for group in groups for way in _spelt(group, doubts, vocabulary, told)]
    return Question(tuple(spelt), question.none_of), tuple(told)


def _joined(
    groups: Sequence[tuple[str, ...]],
    doubts: Mapping[str, Doubt],
    vocabulary: Collection[str],
    told: list[Correction],
) -> list[tuple[str, ...]]:
    """Put neighbors together where one of them is in doubt and both are one word here."""
    joined: list[tuple[str, ...]] = []
    for group in groups:
        before = joined[-1] if joined else ()
        whole = "".join((*before, *group))
        if len(before) == len(group) == 1 and {*before, *group} & set(doubts) and whole in vocabulary:
            told.append(Correction(f"{before[0]} {group[0]}", (whole,)))
            joined[-1] = (whole,)
        else:
            joined.append(group)
    return joined


def _spelt(
    group: tuple[str, ...], doubts: Mapping[str, Doubt], vocabulary: Collection[str], told: list[Correction]
) -> list[tuple[str, ...]]:
    """Return what stands for a group: itself with other spellings, or the two words that one was written of."""
    unknown = {word for word in group if word in doubts and not doubts[word].is_mentioned}
    for pair in _splits(group[0]) if len(group) == len(unknown) == 1 else ():
        if set(pair) <= set(vocabulary):
            told.append(Correction(group[0], (" ".join(pair),)))
            return [(part,) for part in pair]
    spellings: list[str] = []
    for word in group:
        instead = _instead(doubts[word], vocabulary) if word in doubts else ()
        if instead:
            told.append(Correction(word, instead))
        spellings.extend(instead if instead and word in unknown else (word, *instead))
    return [tuple(spellings)]


def _instead(doubt: Doubt, vocabulary: Collection[str]) -> tuple[str, ...]:
    same = sorted(word for word in _synonyms(doubt.word) if word in vocabulary)
    slips = _nearest(doubt.word, doubt.alike)
    compounds = sorted(doubt.compounds, key=lambda word: (len(word), word))
    return tuple(same or slips or compounds)[:MAX_INSTEAD]


def _splits(word: str) -> list[tuple[str, str]]:
    places = range(MIN_PART, len(word) - MIN_PART + 1)
    return [(word[:place], word[place:]) for place in places]


def _synonyms(word: str) -> set[str]:
    """Return other words for the same thing, each also in the plural."""
    plain = word[:-1] if word.endswith("s") and len(word) > MIN_COMPOUND else word
    same = set().union(*(group for group in SAME_THING if {word, plain} & group)) - {word, plain}
    return same | {f"{other}s" for other in same}


def _nearest(word: str, alike: Sequence[str]) -> tuple[str, ...]:
    """Return the words that are fewest slips away: one in a short word, two in a long one that looks alike."""
    near = [(slips(word, other), other) for other in alike if _begins_alike(word, other)]
    allowed = [(count, other) for count, other in near if count <= (1 if len(word) < 6 else 2) and count]
    least = min((count for count, _ in allowed), default=0)
    if least == 2:
        allowed = [(count, other) for count, other in allowed if _likeness(word, other) >= 0.4]
    return tuple(other for count, other in allowed if count == least)


def _begins_alike(word: str, other: str) -> bool:
    """Say whether two words begin with the same letter; fingers slip later, or swap the first two."""
    return word[0] == other[0] or word[:2] == other[1::-1]


def slips(word: str, other: str) -> int:
    """Count the letters to insert, remove, replace or swap with the next to get from one word to the other."""
    before, current = list[int](), list(range(len(other) + 1))
    for row, letter in enumerate(word, start=1):
        last_but_one, before, current = before, current, [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(before[column] + 1, current[-1] + 1, before[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and word[row - 2] == wanted != letter:
                cost = min(cost, last_but_one[column - 2] + 1)
            current.append(cost)
    return current[-1]


def _likeness(word: str, other: str) -> float:
    """Return the share of letter triples that two words have in common, as pg_trgm reckons it."""
    one, two = (_triples(text) for text in (word, other))
    return len(one & two) / len(one | two)


def _triples(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[place : place + 3] for place in range(len(padded) - 2)}
