"""Cells of a CSV file that a spreadsheet opens without running them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

_RUNS = "=+-@|%\uff1d\uff0b\uff0d\uff20"
"""What begins a formula, or a command, in one spreadsheet or another; the wide forms are East Asian keyboards'."""


def text_cell(value: str) -> str:
    """Return a text in one line that no spreadsheet takes for a formula."""
    line = " ".join(value.split())
    return f"'{line}" if line[:1] and line[0] in _RUNS else line


def written(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write rows as CSV (RFC 4180), a line each. The mark at the beginning tells spreadsheets that it is UTF-8."""
    yield "\ufeff"
    line = csv.writer(_Echo())
    for row in rows:
        yield line.writerow(row)  # what `write` returned


class _Echo:
    def write(self, line: str) -> str:
        return line
