"""Many rows written by one statement: they travel as one JSON parameter, and PostgreSQL unfolds it.

For imports, where the ORM's one parameter a value costs more than the writing. Columns are named by the
model, so that types are those of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection
from django.db.models import Model


def insert_rows(rows: Sequence[Model], columns: Sequence[str], *, unless: str = "") -> list[Any]:
    """Insert rows with these columns, named by their attributes. Returns the primary keys of those inserted.

    `unless` lists the columns of a unique constraint: a row that collides with one there is left out. Triggers
    fire as for any other insert; what a model fills in while saving, such as its times, has to be there.
    """
    if not rows:
        return []
    meta = rows[0]._meta
    names = ", ".join(f'"{_column(rows[0], name)}"' for name in columns)
    conflict = f"ON CONFLICT ({unless}) DO NOTHING" if unless else ""
    return _send(
        f'INSERT INTO "{meta.db_table}" ({names}) SELECT {names} FROM {_recordset(rows[0], columns)} {conflict}'
        f' RETURNING "{_key(rows[0])}"',
        rows,
        columns,
    )


def update_rows(rows: Sequence[Model], columns: Sequence[str]) -> list[Any]:
    """Set columns, named by their attributes, of rows found by primary key. Returns the keys of those found."""
    if not rows:
        return []
    meta = rows[0]._meta
    key = _key(rows[0])
    sets = ", ".join(f'"{_column(rows[0], name)}" = r."{_column(rows[0], name)}"' for name in columns)
    return _send(
        f'UPDATE "{meta.db_table}" t SET {sets} FROM {_recordset(rows[0], ("pk", *columns))}'
        f' WHERE t."{key}" = r."{key}" RETURNING t."{key}"',
        rows,
        ("pk", *columns),
    )


def _field(row: Model, name: str) -> Any:
    return row._meta.pk if name == "pk" else row._meta.get_field(name)


def _column(row: Model, name: str) -> str:
    column: str = _field(row, name).column
    return column


def _key(row: Model) -> str:
    return _column(row, "pk")


def _recordset(row: Model, columns: Sequence[str]) -> str:
    fields = [_field(row, name) for name in columns]
    types = ", ".join(f'"{one.column}" {one.db_type(connection)}' for one in fields)
    return f"json_to_recordset(%s::json) AS r ({types})"


def _send(statement: str, rows: Sequence[Model], columns: Sequence[str]) -> list[Any]:
    named = [(name, _column(rows[0], name)) for name in columns]
    values = [{column: getattr(row, name) for name, column in named} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(values).decode()])
        return [found[0] for found in cursor.fetchall()]
