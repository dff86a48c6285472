"""Finding products by words and filters: exactly what was asked for, and apart from it what comes near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from commerce.storefront import sql
from commerce.storefront.cursors import read_cursor, write_cursor
from commerce.storefront.listing import Listing, load_listings
from commerce.storefront.spelling import Correction, correct
from commerce.storefront.vocabulary import Diagnosis, diagnose
from commerce.storefront.wanted import Filters, Question, Wanted

MAX_NEAREST = 5


class Reason(StrEnum):
    """Why nothing was found: the shop has no such thing, or has it, but not within the filters."""

    NOT_CARRIED = "not_carried"
    OUTSIDE_FILTERS = "outside_filters"


@dataclass(frozen=True, slots=True)
class Miss:
    """Nothing is what was asked for. `unknown_words` are those that nothing on show is called."""

    reason: Reason
    unknown_words: tuple[str, ...]
    nearest: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `wanted` has the words as they were understood; `corrections` say where that differs."""

    listings: tuple[Listing, ...]
    wanted: Wanted
    next_cursor: str = ""
    corrections: tuple[Correction, ...] = ()
    miss: Miss | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    after: sql.After
    variant_ids: Sequence[str]


def search(
    merchant_id: str, wanted: Wanted, *, now: datetime, limit: int, cursor: str = "", offset: int = 0
) -> Found:
    """Return the products that have all that is wanted, a page at a time.

    Two statements where something is found. Where nothing is, unknown words are corrected by the shop's own
    vocabulary; what has none of it left is a miss, with the products that come nearest. Raises
    InvalidCursorError.
    """
    understood, after = wanted, None
    if cursor:
        question, after = read_cursor(merchant_id, wanted, cursor)
        understood = replace(wanted, question=question)
    window = sql.Window(limit + 1, after, offset)
    rows = _rows(merchant_id, understood, window, now)
    if not rows and after is None and not offset:
        return _second_try(merchant_id, wanted, now=now, limit=limit)
    return _page(merchant_id, wanted, understood, rows, now=now, limit=limit)


def _page(
    merchant_id: str, wanted: Wanted, understood: Wanted, rows: Sequence[_Row], *, now: datetime, limit: int
) -> Found:
    cursor = ""
    if len(rows) > limit:
        last = rows[limit - 1].after
        cursor = write_cursor(merchant_id, wanted, question=understood.question, after=last)
    return Found(_listings(merchant_id, rows[:limit], now), understood, cursor)


def _second_try(merchant_id: str, wanted: Wanted, *, now: datetime, limit: int) -> Found:
    """Look again with corrected words, then without filters, then for whatever has some of the words."""
    diagnosis = diagnose(merchant_id, wanted.question)
    question, corrections = correct(diagnosis.question, diagnosis.doubts, diagnosis.vocabulary)
    corrected = replace(wanted, question=question)
    if corrections and (rows := _rows(merchant_id, corrected, sql.Window(limit + 1), now)):
        found = _page(merchant_id, wanted, corrected, rows, now=now, limit=limit)
        return replace(found, corrections=corrections)
    miss = _miss(merchant_id, corrected, diagnosis, corrections, now)
    return Found((), corrected, corrections=corrections, miss=miss)


def _miss(
    merchant_id: str,
    wanted: Wanted,
    diagnosis: Diagnosis,
    corrections: Sequence[Correction],
    now: datetime,
) -> Miss:
    window = sql.Window(MAX_NEAREST)
    written = {word for one in corrections for word in (one.written, *one.written.split())}
    unknown = tuple(word for word in diagnosis.unknown if word not in written)
    for reason, question in _easier(wanted.question, unknown, has_filters=wanted.filters != Filters()):
        rows = _rows(merchant_id, Wanted(question), window, now)
        if rows:
            return Miss(reason, unknown, _listings(merchant_id, rows, now))
    return Miss(Reason.NOT_CARRIED, unknown, ())


def _easier(question: Question, unknown: Sequence[str], *, has_filters: bool) -> Iterator[tuple[Reason, Question]]:
    """Yield what to look for instead: the same without filters, all known words, any of them."""
    if has_filters and not unknown:
        yield Reason.OUTSIDE_FILTERS, question
    known = tuple(group for group in question.all_of if not set(group) <= set(unknown))
    if known and unknown:
        yield Reason.NOT_CARRIED, replace(question, all_of=known)
    if len(known) > 1:
        any_of = tuple(word for group in known for word in group)
        yield Reason.NOT_CARRIED, replace(question, all_of=(any_of,))


def _rows(merchant_id: str, wanted: Wanted, window: sql.Window, now: datetime) -> list[_Row]:
    prepared = sql.Search.of(wanted, merchant_id=merchant_id, now=now)
    statement = sql.page_statement(prepared, wanted.sort, window)
    with connection.cursor() as cursor:
        cursor.execute(statement, prepared.parameters.values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [_Row(sql.After(key, product_id), variant_ids) for product_id, key, variant_ids, _ in rows]


def _listings(merchant_id: str, rows: Sequence[_Row], now: datetime) -> tuple[Listing, ...]:
    if not rows:
        return ()
    return load_listings(merchant_id, {row.after.product_id: row.variant_ids for row in rows}, now=now)
