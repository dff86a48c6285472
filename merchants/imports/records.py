"""Records of a text, one after the other. Anybody who signed up may send a file: none takes memory without end."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import IO

from django.conf import settings

from merchants.imports.reading import UnreadableFileError

MAX_CELL_CHARACTERS = 1_000_000
_MAX_RECORD_CHARACTERS = 4 * MAX_CELL_CHARACTERS
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')


class _Lines:
    """Lines of a text, counted for each record: no more of it is read than one may have."""

    def __init__(self, text: IO[str], name: str) -> None:
        self._text = text
        self._name = name
        self._records = 0
        self._left = _MAX_RECORD_CHARACTERS

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if not self._left:
            advice = "Write one row or one JSON object a line, and look for a quotation mark that is never closed."
            raise UnreadableFileError(f"{self._name} has a line that is too long. {advice}")
        return line

    def end_record(self) -> int:
        """Count a record that was read. Returns its number."""
        self._left = _MAX_RECORD_CHARACTERS
        self._records += 1
        if self._records > settings.IMPORT_MAX_ROWS:
            words = f"{self._name} has more than {settings.IMPORT_MAX_ROWS:,} rows. Split it into several files."
            raise UnreadableFileError(words)
        return self._records


def read_lines(text: IO[str], name: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number. Raises UnreadableFileError."""
    lines = _Lines(text, name)
    for line in lines:
        yield lines.end_record(), line


def read_cells(text: IO[str], name: str, *, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each record with its number. Raises UnreadableFileError."""
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    lines = _Lines(text, name)
    number = 0
    try:
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            number = lines.end_record()
            yield number, cells
    except csv.Error as problem:
        words = f"{name} is not a whole CSV file: {problem} after row {number}. Check its quotation marks."
        raise UnreadableFileError(words) from problem


def read_unquoted_cells(text: IO[str], name: str, *, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line with its number. Quotation marks count where they are around a whole cell."""
    for number, line in read_lines(text, name):
        cells = line.rstrip("\r\n").split(delimiter)
        if '"' in line:
            cells = [_without_quotes(cell) for cell in cells]
        yield number, cells


def has_stray_quotes(text: IO[str], name: str, *, delimiter: str) -> bool:
    """Say whether cells begin with quotation marks that do not end them, such as the title "Best" Mug."""
    columns = 0
    try:
        for _, cells in read_cells(text, name, delimiter=delimiter):
            columns = columns or len(cells)
            if any("\n" in cell for cell in cells) and _are_several_rows(cells, delimiter, columns):
                return True
    except UnreadableFileError:
        return True
    return False


def _are_several_rows(cells: Sequence[str], delimiter: str, columns: int) -> bool:
    """Say whether marks of different rows made one cell of what stands between them: each line is a whole row."""
    delimiters = len(cells) - 1 + sum(cell.count(delimiter) for cell in cells)
    lines = 1 + sum(cell.count("\n") for cell in cells)
    return columns > 1 and delimiters == lines * (columns - 1)


def _without_quotes(cell: str) -> str:
    found = _QUOTED.fullmatch(cell)
    return found[1].replace('""', '"') if found else cell
