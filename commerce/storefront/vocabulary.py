"""What a shop's products are called, asked only where a question has found nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import connection

from commerce.storefront.spelling import Doubt, candidates
from commerce.storefront.wanted import Question


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The question with its words folded and stop words left out, the words in doubt, and what there is."""

    question: Question
    doubts: Mapping[str, Doubt]
    vocabulary: frozenset[str]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words that no product on show has anywhere."""
        return tuple(doubt.word for doubt in self.doubts.values() if not doubt.is_mentioned)


@dataclass(frozen=True, slots=True)
class _Word:
    """`is_silent`: an English stop word. `is_known`: on show somewhere. `is_called`: not only in a description."""

    written: str
    word: str
    is_silent: bool
    is_known: bool
    is_called: bool


def diagnose(merchant_id: str, question: Question) -> Diagnosis:
    """Find out which words nothing on show is called, and which of the shop's words resemble them."""
    words = _look_at(merchant_id, question.words)
    folded = {one.written: one.word for one in words}
    groups = [tuple(folded[word] for word in group if word in folded) for group in question.all_of]
    read = Question(tuple(group for group in groups if group), question.none_of)
    doubts = {one.word: Doubt(one.word, is_mentioned=one.is_known) for one in words if not one.is_called}
    return _resembling(merchant_id, read, doubts) if doubts else Diagnosis(read, {}, frozenset())


def _look_at(merchant_id: str, written: tuple[str, ...]) -> list[_Word]:
    """Return what is to be said of each word; stop words are left out unless there is nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"merchant": merchant_id, "words": list(written)})
        words = [_Word(*row) for row in cursor.fetchall()]
    return [one for one in words if not one.is_silent] or words


def _resembling(merchant_id: str, question: Question, doubts: Mapping[str, Doubt]) -> Diagnosis:
    exact = list(dict.fromkeys(candidates(question.words)))
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, {"merchant": merchant_id, "words": list(doubts), "exact": exact})
        rows = cursor.fetchall()
    informed = {
        word: replace(doubts[word], alike=tuple(alike), compounds=tuple(compounds))
        for word, alike, compounds, _ in rows
    }
    vocabulary = frozenset(word for *_, found in rows for word in found)
    return Diagnosis(question, {**doubts, **informed}, vocabulary)


def _on_show(query: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM catalog_product p WHERE p.merchant_id = %(merchant)s AND p.status = 'active'"
        f" AND p.search @@ {query})"
    )


# Weights A and B: titles, brands, categories, tags, options and codes, but not descriptions.
_CALLED = r"regexp_replace(w.query::text, $$('(?:[^']|'')+')$$, '\1:AB', 'g')::tsquery"

_KNOWN = f"""
    SELECT w.written, w.word, numnode(plainto_tsquery('english', w.word)) = 0,
           {_on_show("w.query")}, {_on_show(_CALLED)}
    FROM (SELECT written, word, plainto_tsquery('catalog', word) AS query, place
          FROM unnest(%(words)s::text[]) WITH ORDINALITY AS x (written, place), catalog_fold(written) AS word) w
    ORDER BY w.place
"""

_K_ON_SHOW = _on_show("plainto_tsquery('catalog', k.word)")


def _words(condition: str) -> str:
    return f"""
        ARRAY(SELECT DISTINCT k.word FROM catalog_word k
              WHERE k.merchant_id = %(merchant)s AND {condition} AND {_K_ON_SHOW} ORDER BY k.word LIMIT 20)
    """


_IS_PART = "length(w.word) >= 4 AND (k.word LIKE w.word || '%%' OR k.word LIKE '%%' || w.word)"

# Only letters are guessed at: a code or a size that is wrong by one digit is another one.
_ALIKE = f"""
    SELECT w.word,
           ARRAY(SELECT k.word FROM catalog_words_near(%(merchant)s, w.word) AS k (word) WHERE {_K_ON_SHOW}),
           {_words(_IS_PART)},
           {_words("k.word = ANY (%(exact)s::varchar[])")}
    FROM unnest(%(words)s::text[]) AS w (word)
    WHERE w.word ~ '^[[:alpha:]-]+$'
"""
