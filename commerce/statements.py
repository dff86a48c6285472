"""Several writes of one transaction sent as one SQL statement, several reads as one.

A checkout's cost is first of all its number of statements. Each package keeps the SQL of its own
tables and hands it over as a `Write` or a `Read`; the service that owns the transaction sends them
together as data-modifying common table expressions. All parts see the same snapshot and foreign
keys are checked at the end, so the order of the parts does not matter.

Source: PostgreSQL documentation, "WITH Queries", section "Data-Modifying Statements in WITH".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection


class LostUpdateError(RuntimeError):
    """A guarded write met rows in another state than expected; the transaction must not go on."""


@dataclass(frozen=True, slots=True)
class Write:
    """One INSERT, UPDATE or DELETE without its RETURNING clause.

    `expect` is the number of rows it must touch, or None where any number will do. `before` is an
    optional SELECT, named by the statement as `{name}_before`, that locks rows in a safe order.
    """

    name: str
    sql: str
    params: Sequence[Any] = ()
    expect: int | None = None
    before: str = ""
    before_params: Sequence[Any] = field(default=())


def refuse_transaction() -> None:
    """Raise RuntimeError inside a transaction: what must be committed by itself would not be."""
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise RuntimeError("this must be committed by itself and cannot run inside a transaction")


def write(*parts: Write) -> dict[str, int]:
    """Send the parts as one statement and return the number of rows each has touched.

    A lone INSERT needs no transaction; guarded writes do, because LostUpdateError is raised where a part
    has not touched the rows it expects, and the caller's transaction must then roll everything back.
    """
    clauses: list[str] = []
    params: list[Any] = []
    for part in parts:
        if part.before:
            clauses.append(f"{part.name}_before AS MATERIALIZED ({part.before})")
            params.extend(part.before_params)
        clauses.append(f"{part.name} AS ({part.sql} RETURNING 1)")
        params.extend(part.params)
    counts = ", ".join(f"(SELECT count(*) FROM {part.name})" for part in parts)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(clauses)} SELECT {counts}", params)
        row = cursor.fetchone()
    touched = {part.name: int(count) for part, count in zip(parts, row, strict=True)}
    for part in parts:
        if part.expect is not None and touched[part.name] != part.expect:
            raise LostUpdateError(f"{part.name} touched {touched[part.name]} rows, not {part.expect}")
    return touched


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
