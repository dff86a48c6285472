"""CSV files as shops send them: read as a stream, a row a dictionary by column."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from merchants.imports.reading import Problem, UnreadableFileError
from merchants.imports.text import readable

MAX_CELL_CHARACTERS = 1_000_000
_SHOWN_CHARACTERS = 80


@dataclass(slots=True)
class Row:
    """One row by column, names in lower case, and what was found wrong in it.

    `number` counts as a spreadsheet does: the header is 1.
    """

    number: int
    cells: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def raw(self, column: str) -> str:
        """Return a cell as it stands in the file, empty where the column is missing."""
        return self.cells.get(column.casefold(), "")

    def text(self, column: str, limit: int = 255) -> str:
        """Return a cell as one readable line, cut to `limit` characters where it is longer."""
        text = readable(self.raw(column))
        if len(text) > limit:
            self.report(column, f"Shorten it to {limit} characters; the rest was cut off.")
        return text[:limit].rstrip()

    def report(self, column: str, advice: str) -> None:
        """Note what is wrong with a cell and what to do about it; the same only once."""
        value = readable(self.raw(column)[: _SHOWN_CHARACTERS * 2])
        shown = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"
        problem = Problem(self.number, column, shown, advice)
        if problem not in self.problems:
            self.problems.append(problem)


def read_rows(path: Path, *, required: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a CSV file in UTF-8 that are not empty. Raises UnreadableFileError, also later on.

    Commas, semicolons and tabs separate cells, whichever the header has most of; a byte order mark is
    skipped; columns are found by name, whatever their case and order.
    """
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first_line = file.readline(MAX_CELL_CHARACTERS)
            file.seek(0)
            delimiter = max(",;\t", key=first_line.count)
            yield from _rows(csv.reader(file, delimiter=delimiter, strict=True), path, required)
    except OSError as problem:
        raise UnreadableFileError(f"{path} cannot be opened: {problem.strerror or problem}.") from problem
    except UnicodeDecodeError as problem:
        text = f"{path.name} is not text in UTF-8. Save it again as “CSV UTF-8”."
        raise UnreadableFileError(text) from problem


def _rows(reader: Iterator[list[str]], path: Path, required: Sequence[str]) -> Iterator[Row]:
    number = 0
    columns: list[str] = []
    try:
        for number, cells in enumerate(reader, start=1):
            if number == 1:
                columns = _columns(cells, path, required)
            elif any(cell.strip() for cell in cells):
                yield _row(number, columns, cells)
    except csv.Error as problem:
        text = f"{path.name} is not a whole CSV file: {problem} after row {number}. Check its quotation marks."
        raise UnreadableFileError(text) from problem
    if number == 0:
        raise UnreadableFileError(f"{path.name} is empty.")


def _columns(header: Sequence[str], path: Path, required: Sequence[str]) -> list[str]:
    """Return the header's names in lower case. Raises UnreadableFileError where a required one is missing."""
    columns = [readable(name).casefold() for name in header]
    missing = [name for name in required if name.casefold() not in columns]
    if missing:
        text = f"{path.name} has no column {', '.join(missing)}. Export the products again, with all columns."
        raise UnreadableFileError(text)
    return columns


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    row = Row(number, {name: cell for name, cell in reversed(list(zip(columns, cells, strict=False))) if name})
    if any(cell.strip() for cell in cells[len(columns) :]):
        row.problems.append(
            Problem(number, "", "", "Check the row: it has more cells than the header has columns.")
        )
    return row
