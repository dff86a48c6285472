"""Rows of a file, a cell found by its column whatever the file calls it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import orjson

from merchants.imports.opening import Layout, TextFile
from merchants.imports.reading import Problem, Severity, UnreadableFileError
from merchants.imports.records import read_cells, read_lines, read_unquoted_cells
from merchants.imports.text import readable

_SHOWN_CHARACTERS = 80
_SAMPLED_ROWS = 50
_SAMPLED_CHARACTERS = 1_000_000
_MAX_COLUMNS = 2_000


class Header:
    """Which cell of a row holds which column, by the names our formats use.

    A column may be found under several names in one file; then the first cell that is not empty counts.
    """

    def __init__(self, names: Sequence[str], found: Mapping[str, Sequence[int]], *, decimal_comma: bool) -> None:
        self.names = tuple(names)
        self.decimal_comma = decimal_comma
        self._places = {column: tuple(places) for column, places in found.items() if places}
        self._columns = {place: column for column, places in self._places.items() for place in places}

        self.single = {column: places[0] for column, places in self._places.items() if len(places) == 1}

    def has(self, column: str) -> bool:
        return column in self._places

    def places(self, column: str) -> Sequence[int]:
        return self._places.get(column, ())

    def named(self, pattern: str) -> list[str]:
        """Return the columns the file has whose name matches."""
        return [column for column in self._places if re.fullmatch(pattern, column)]

    def column_at(self, place: int) -> str:
        """Return which column a cell is of; empty where it is of none."""
        return self._columns.get(place, "")

    def shown(self, column: str) -> str:
        """Return what the file calls a column; our own name where it has none."""
        places = self._places.get(column)
        return self.names[places[0]] if places else column


class Row:
    """One row, and what was found wrong in it. `number` counts as a spreadsheet does: the header is 1."""

    __slots__ = ("cells", "header", "number", "problems")

    def __init__(self, number: int, header: Header, cells: Sequence[str]) -> None:
        self.number = number
        self.header = header
        self.cells = cells
        self.problems: list[Problem] = []

    def has(self, column: str) -> bool:
        """Say whether the file has such a column."""
        return self.header.has(column)

    def raw(self, column: str) -> str:
        """Return a cell as it stands in the file, empty where the column is missing."""
        single = self.header.single.get(column)
        if single is not None:
            return self.cells[single] if single < len(self.cells) else ""
        for place in self.header.places(column):
            if place < len(self.cells) and self.cells[place]:
                return self.cells[place]
        return ""

    def every(self, column: str) -> list[str]:
        """Return the cells of a column that the file may have several times, those that are not empty."""
        cells = (self.cells[place] for place in self.header.places(column) if place < len(self.cells))
        return [cell for cell in cells if cell.strip()]

    def is_blank(self, column: str) -> bool:
        return not self.raw(column).strip()

    def text(self, column: str, limit: int = 255) -> str:
        """Return a cell as one readable line, cut to `limit` characters where it is longer."""
        raw = self.raw(column)
        if not raw:
            return ""
        text = readable(raw)
        if len(text) > limit:
            self.report(column, f"Shorten it to {limit} characters; the rest was cut off.")
        return text[:limit].rstrip()

    def report(self, column: str, advice: str, severity: Severity = Severity.WARNING, *, value: str = "") -> None:
        """Note what is wrong with a cell and what to do about it; the same only once."""
        told = readable((value or self.raw(column))[: _SHOWN_CHARACTERS * 2])
        shown = told if len(told) <= _SHOWN_CHARACTERS else f"{told[:_SHOWN_CHARACTERS]}…"
        problem = Problem(self.number, self.header.shown(column), shown, advice, severity)
        if problem not in self.problems:
            self.problems.append(problem)

    def refuse(self, column: str, advice: str) -> None:
        """Note that something was not imported because of a cell; what was wrong with it is part of that."""
        shown = self.header.shown(column)
        wrong = [problem.advice for problem in self.problems if problem.column == shown]
        self.problems = [problem for problem in self.problems if problem.column != shown]
        self.report(column, " ".join((*wrong, advice)), Severity.ERROR)


def read_names(file: TextFile, *, objects: int | None = None) -> tuple[str, ...]:
    """Return the names of a file's columns: of its header, or of all its JSON objects, or the first, together.

    Raises UnreadableFileError, also where there are more than any shop has.
    """
    if file.layout is Layout.JSON_LINES:
        names: dict[str, None] = {}
        for _, line in islice(_lines(file), objects):
            if isinstance(found := _object(line), dict):
                names.update(dict.fromkeys(found))
                _refuse_too_many(len(names), file)
        return tuple(name for name in names if name == readable(name))
    for _, cells in _records(file):
        _refuse_too_many(len(cells), file)
        return tuple(readable(name) for name in cells)
    raise UnreadableFileError(f"{file.name} is empty.")


def _refuse_too_many(columns: int, file: TextFile) -> None:
    if columns > _MAX_COLUMNS:
        words = f"{file.name} has more than {_MAX_COLUMNS:,} columns. Export those that belong to a product only."
        raise UnreadableFileError(words)


def read_samples(file: TextFile, names: Sequence[str]) -> dict[str, str]:
    """Return a value of each column, from the first rows that have one."""
    header = Header(names, {name: [place] for place, name in enumerate(names)}, decimal_comma=False)
    samples: dict[str, str] = {}
    seen = 0
    for row in islice(read_rows(file, header), _SAMPLED_ROWS):
        for name in names:
            if name not in samples and (value := readable(row.raw(name)[: _SHOWN_CHARACTERS * 2])):
                samples[name] = value[:_SHOWN_CHARACTERS]
        seen += sum(map(len, row.cells))
        if seen > _SAMPLED_CHARACTERS:
            break
    return samples


def read_rows(file: TextFile, header: Header) -> Iterator[Row]:
    """Yield the rows that are not empty. Raises UnreadableFileError, also later on."""
    return _json_rows(file, header) if file.layout is Layout.JSON_LINES else _delimited_rows(file, header)


def _delimited_rows(file: TextFile, header: Header) -> Iterator[Row]:
    records = _records(file)
    next(records, None)
    for number, cells in records:
        row = Row(number, header, cells)
        if len(cells) > len(header.names) and any(cell.strip() for cell in cells[len(header.names) :]):
            row.report("", "Check the row: it has more cells than the header has columns.")
        yield row


def _records(file: TextFile) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not empty with its number."""
    read = read_unquoted_cells if file.has_stray_quotes else read_cells
    with file.opened() as text:
        for number, cells in read(text, file.name, delimiter=file.delimiter):
            if number >= file.first_line and any(cell and not cell.isspace() for cell in cells):
                yield number, cells


def _json_rows(file: TextFile, header: Header) -> Iterator[Row]:
    for number, line in _lines(file):
        found = _object(line)
        if isinstance(found, dict):
            yield Row(number, header, [_cell(found.get(name)) for name in header.names])
        else:
            row = Row(number, header, ())
            row.report(
                "", f"Write one JSON object on the line: {found}. It was left out.", Severity.ERROR, value=line
            )
            yield row


def _lines(file: TextFile) -> Iterator[tuple[int, str]]:
    with file.opened() as text:
        yield from ((number, line) for number, line in read_lines(text, file.name) if line.strip())


def _object(line: str) -> dict[str, object] | str:
    """Return a line's JSON object, or what is wrong with it."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as problem:
        return str(problem).split(":")[0]
    return found if isinstance(found, dict) else "this is another kind of value"


def _cell(value: object) -> str:
    """Write a JSON value as a CSV file would: objects and lists as JSON text, null as an empty cell."""
    if value is None or isinstance(value, str):
        return value or ""
    return orjson.dumps(value).decode()
