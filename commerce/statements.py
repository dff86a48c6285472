"""Several writes of one transaction sent as one SQL statement, several reads as one.

A checkout's cost is first of all its number of statements. Each package keeps the SQL of its own
tables and hands it over as a `Write` or a `Read`; the service that owns the transaction sends them
together as data-modifying common table expressions. All parts see the same snapshot and foreign
keys are checked at the end. A statement is a transaction of its own: where a guarded part does not
touch the rows it expects, the statement fails and none of its parts has happened.

Source: PostgreSQL documentation, "WITH Queries", section "Data-Modifying Statements in WITH".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from django.db import DataError, OperationalError, connection, transaction

from commerce.postgres.failures import is_undone


class LostUpdateError(RuntimeError):
    """A guarded write met rows in another state than expected, and nothing of its statement has happened.

    `part` names the first write that did not touch what it should.
    """

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} has not touched the rows it should")
        self.part = part


@dataclass(frozen=True, slots=True)
class Write:
    """One INSERT, UPDATE or DELETE without its RETURNING clause.

    `expect` is the number of rows it must touch, or None where any number will do. `before` is an
    optional SELECT, named by the statement as `{name}_before`, that locks rows in a safe order.
    `returning` is what a later part may select from this one by its name.
    """

    name: str
    sql: str
    params: Sequence[Any] = ()
    expect: int | None = None
    before: str = ""
    before_params: Sequence[Any] = field(default=())
    returning: str = "1"


def refuse_transaction() -> None:
    """Raise RuntimeError inside a transaction: what must be committed by itself would not be."""
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise RuntimeError("this must be committed by itself and cannot run inside a transaction")


def write(*parts: Write) -> dict[str, int]:
    """Send the parts as one statement and return the number of rows each has touched.

    The parts are done and judged in their order. Raises LostUpdateError, with nothing done, where one has not
    touched the rows it expects; an open transaction around it stays usable.
    """
    params: list[Any] = []
    for part in parts:
        params.extend(part.before_params)
        params.extend(part.params)
    params.extend(part.expect for part in parts if part.expect not in _WRITTEN_OUT)
    shapes = tuple((part.name, part.before, part.sql, part.returning, _judged(part)) for part in parts)
    is_guarded = any(part.expect is not None for part in parts)
    savepoint = transaction.atomic() if connection.in_atomic_block and is_guarded else nullcontext()
    try:
        with savepoint:
            row = _sent(_statement(shapes), params)
    except DataError as problem:
        if lost := _LOST.search(str(problem)):
            raise LostUpdateError(lost[1]) from problem
        raise
    return {part.name: int(count) for part, count in zip(parts, row, strict=True)}


def _sent(statement: str, params: Sequence[Any]) -> Any:
    """Send a statement, once more where the server chose it to end a deadlock and no transaction is around it."""
    try:
        return _row(statement, params)
    except OperationalError as problem:
        if connection.in_atomic_block or not is_undone(problem):
            raise
    return _row(statement, params)


def _row(statement: str, params: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchone()


_WRITTEN_OUT = (None, 1)
"""What is expected most stands in the statement itself: psycopg parses anew what has more than 50 parameters."""


def _judged(part: Write) -> str:
    """Return what a part's number of rows is. Other than expected, a number is read from words, which fails."""
    if part.expect is None:
        return "count(*)"
    expected = str(part.expect) if part.expect in _WRITTEN_OUT else "%s::bigint"
    return (
        f"CASE count(*) WHEN {expected} THEN count(*) ELSE ('lost update: {part.name}, ' || count(*))::bigint END"
    )


@lru_cache(maxsize=512)
def _statement(shapes: tuple[tuple[str, str, str, str, str], ...]) -> str:
    """Put the parts together, without the indentation they have in the code."""
    clauses: list[str] = []
    for name, before, sql, returning, _ in shapes:
        if before:
            clauses.append(f"{name}_before AS MATERIALIZED ({before})")
        clauses.append(f"{name} AS ({sql} RETURNING {returning})")
    counts = ", ".join(f"(SELECT {judged} FROM {name})" for name, *_, judged in shapes)
    return " ".join(f"WITH {', '.join(clauses)} SELECT {counts}".split())


_LOST = re.compile(r"lost update: (\w+), ")


@dataclass(frozen=True, slots=True)
class Read:
    """One SELECT whose columns have names; its rows come back as dictionaries."""

    sql: str
    params: Sequence[Any] = ()


def read(*parts: Read) -> list[list[dict[str, Any]]]:
    """Send the parts as one statement and return each part's rows.

    Values travel as JSON: timestamps arrive as RFC 3339 text, decimals as numbers or text.
    """
    columns = ", ".join(f"{_rows(part.sql)}::text" for part in parts)
    params = [value for part in parts for value in part.params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", params)
        row = cursor.fetchone()
    return [orjson.loads(column) for column in row]


def rows_column(parts: Sequence[Read], of: str) -> str:
    """Return the rows of all parts as one JSON column of a surrounding SELECT.

    Each part's only parameter is replaced by the column `of`, such as "orders_order.id".
    """
    return f"json_build_array({', '.join(_rows(part.sql.replace('%s', of)) for part in parts)})::text"


def _rows(sql: str) -> str:
    return f"(SELECT coalesce(json_agg(rows), '[]') FROM ({sql}) rows)"
