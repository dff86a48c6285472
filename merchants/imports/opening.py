"""Files as shops send them: what they are is seen from their bytes, never from their names.

Packed with gzip or not; UTF-8 with a byte order mark or without, UTF-16, Windows-1252; cells separated by
commas, semicolons, tabs or bars, or a JSON object a line. Whatever else it is, the error says so.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO

from django.conf import settings

from merchants.imports.reading import Problem, Severity, UnreadableFileError
from merchants.imports.records import has_stray_quotes

_CHUNK = 1 << 18
_DIRECTORY_BYTES = 1 << 17
_LINES_OF_A_ROW = 10
_DELIMITERS = ",;\t|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OTHER_FILES = {
    b"PK\x05\x06": "an empty ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook. In Excel choose “Save as” and “CSV UTF-8”",
    b"%PDF": "a PDF. Export the products as CSV, TSV or JSON Lines",
    b"PAR1": "a Parquet file. Export it as CSV or JSON Lines",
    b"\x28\xb5\x2f\xfd": "packed with zstd. Unpack it, or pack it with gzip",
    b"BZh": "packed with bzip2. Unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz. Unpack it, or pack it with gzip",
    b"\x89PNG": "a picture. Export the products as CSV, TSV or JSON Lines",
    b"\xff\xd8\xff": "a picture. Export the products as CSV, TSV or JSON Lines",
    b"SQLite format 3": "a database. Export the products as CSV, TSV or JSON Lines",
}
_OTHER_TEXTS = {
    "<!doctype html": "a web page, perhaps one that asks to log in. Download the file itself",
    "<html": "a web page, perhaps one that asks to log in. Download the file itself",
    "<?xml": "an XML file. Export the products as CSV, TSV or JSON Lines",
    "<rss": "an RSS feed. Export the products as CSV, TSV or JSON Lines",
    "<feed": "an Atom feed. Export the products as CSV, TSV or JSON Lines",
    "[": "a JSON array. Write one JSON object a line (JSON Lines)",
}


class Layout(StrEnum):
    DELIMITED = "delimited"
    JSON_LINES = "json_lines"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that was found to be text all through, and how its rows are told apart."""

    path: Path
    name: str
    is_packed: bool
    encoding: str
    layout: Layout
    delimiter: str = ","
    first_line: int = 1
    has_stray_quotes: bool = False
    notes: tuple[Problem, ...] = ()

    @property
    def wording(self) -> str:
        """Say what kind of file it is, such as "CSV with semicolons, UTF-8"."""
        separators = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "text with bars"}
        kind = "JSON Lines" if self.layout is Layout.JSON_LINES else separators[self.delimiter]
        encoding = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}.get(self.encoding, self.encoding.upper())
        return f"{kind}, {encoding}{', gzip' if self.is_packed else ''}"

    @contextmanager
    def opened(self) -> Iterator[IO[str]]:
        """Open the file as text. Broken characters come as U+FFFD; line ends are left to the reader of rows."""
        with _unpacked(self.path, self.name, is_packed=self.is_packed) as raw:
            yield io.TextIOWrapper(raw, encoding=self.encoding, errors="replace", newline="")


def look_into(path: Path, *, name: str = "") -> TextFile:
    """See what a file is, reading all of it once. Raises UnreadableFileError, which says what it is instead."""
    name = name or path.name
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as problem:
        raise UnreadableFileError(f"{name} cannot be opened: {problem.strerror or problem}.") from problem
    _refuse_other_files(start, path, name)
    is_packed = start.startswith(b"\x1f\x8b")
    encoding, notes = _encoding(path, name, is_packed=is_packed)
    found = TextFile(path, name, is_packed, encoding, Layout.DELIMITED, notes=notes)
    with found.opened() as text:
        head = text.read(65_536)
    return _with_quotes(_with_layout(found, head))


def _refuse_other_files(start: bytes, path: Path, name: str) -> None:
    if not start:
        raise UnreadableFileError(f"{name} is empty.")
    if start.startswith(b"PK\x03\x04"):
        raise UnreadableFileError(f"{name} is {_kind_of_archive(path)}.")
    for magic, kind in _OTHER_FILES.items():
        if start.startswith(magic):
            raise UnreadableFileError(f"{name} is {kind}.")


def _kind_of_archive(path: Path) -> str:
    """Tell archives by the names in their directory, which is their end. It is not unfolded: it may be long."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _DIRECTORY_BYTES, 0))
        directory = file.read()
    if b"xl/workbook" in directory:
        return "an Excel workbook. In Excel choose “Save as” and “CSV UTF-8”"
    if b"content.xml" in directory:
        return "a spreadsheet of LibreOffice. Choose “Save as” and “Text CSV” with UTF-8"
    return "a ZIP archive. Unpack it and take the file in it, or pack it with gzip"


@contextmanager
def _unpacked(path: Path, name: str, *, is_packed: bool) -> Iterator[IO[bytes]]:
    try:
        if is_packed:
            with gzip.open(path, "rb") as file:
                yield file  # type: ignore[misc] # reads bytes as any other
        else:
            with path.open("rb") as plain:
                yield plain
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise UnreadableFileError(
            f"{name} is not whole: it cannot be unpacked to its end. Send it again."
        ) from problem
    except OSError as problem:
        raise UnreadableFileError(f"{name} cannot be read: {problem.strerror or problem}.") from problem


def _encoding(path: Path, name: str, *, is_packed: bool) -> tuple[str, tuple[Problem, ...]]:
    """Find the encoding of a file by decoding all of it."""
    with _unpacked(path, name, is_packed=is_packed) as file:
        head = file.read(4096)
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding, _broken(path, name, encoding, is_packed=is_packed).notes
    if b"\x00" in head:
        encoding = _unmarked_utf16(head, name)
        return encoding, _broken(path, name, encoding, is_packed=is_packed).notes
    as_utf8 = _broken(path, name, "utf-8", is_packed=is_packed)
    if not as_utf8.broken or as_utf8.strange > 3 * as_utf8.broken:
        return "utf-8", as_utf8.notes
    if _broken(path, name, "cp1252", is_packed=is_packed).broken:
        text = f"{name} is text neither in UTF-8 nor in Windows-1252. Save it again as “CSV UTF-8”."
        raise UnreadableFileError(text)
    advice = "It was read as Windows-1252. If letters with accents look wrong, save it again as “CSV UTF-8”."
    return "cp1252", (Problem(1, "", "", advice, Severity.NOTICE),)


def _unmarked_utf16(head: bytes, name: str) -> str:
    """Tell UTF-16 without a mark from what is no text: of Latin letters every other byte is zero."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and even == 0:
        return "utf-16-le"
    if even > len(head) // 4 and odd == 0:
        return "utf-16-be"
    raise UnreadableFileError(f"{name} is no text. Export the products as CSV, TSV or JSON Lines.")


@dataclass(frozen=True, slots=True)
class _Decoded:
    """How many characters beyond ASCII there were, and how many that are none."""

    strange: int
    broken: int

    @property
    def notes(self) -> tuple[Problem, ...]:
        if not self.broken:
            return ()
        advice = f"The file has {self.broken} broken characters, shown as \ufffd. Export it again as “CSV UTF-8”."
        return (Problem(1, "", "", advice),)


def _broken(path: Path, name: str, encoding: str, *, is_packed: bool) -> _Decoded:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    strange = broken = size = lines = 0
    with _unpacked(path, name, is_packed=is_packed) as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > settings.IMPORT_MAX_UNPACKED_BYTES:
                limit = settings.IMPORT_MAX_UNPACKED_BYTES // 1_000_000
                raise UnreadableFileError(f"{name} has more than {limit} MB of text. Split it into several files.")
            text = decoder.decode(chunk)
            lines += max(text.count("\n"), text.count("\r"))
            if lines > _LINES_OF_A_ROW * settings.IMPORT_MAX_ROWS:
                raise UnreadableFileError(f"{name} has too many lines. Split it into several files.")
            if not text.isascii():
                broken += text.count("\ufffd")
                strange += len(text) - len(text.encode("ascii", "ignore"))
    broken += decoder.decode(b"", final=True).count("\ufffd")
    return _Decoded(strange - broken, broken)


def _with_layout(found: TextFile, head: str) -> TextFile:
    start = head.lstrip().casefold()
    if not start:
        raise UnreadableFileError(f"{found.name} is empty.")
    for opening, kind in _OTHER_TEXTS.items():
        if start.startswith(opening):
            raise UnreadableFileError(f"{found.name} is {kind}.")
    parts = {name: getattr(found, name) for name in ("path", "name", "is_packed", "encoding", "notes")}
    if start.startswith("{"):
        return TextFile(**parts, layout=Layout.JSON_LINES)
    named, first_line = _named_delimiter(head)
    return TextFile(**parts, layout=Layout.DELIMITED, delimiter=named or _delimiter(head), first_line=first_line)


def _with_quotes(found: TextFile) -> TextFile:
    """See what quotation marks are in a file with tabs: many programs write them without a meaning."""
    if found.delimiter != "\t":
        return found
    with found.opened() as text:
        if not has_stray_quotes(text, found.name, delimiter=found.delimiter):
            return found
    advice = (
        "A cell begins with a quotation mark that does not end it, so that each line was read as a row. Where a"
        " cell has several lines, write quotation marks around it, and twice within it."
    )
    return replace(found, has_stray_quotes=True, notes=(*found.notes, Problem(1, "", "", advice, Severity.NOTICE)))


def _named_delimiter(head: str) -> tuple[str, int]:
    """Return the delimiter that Excel's first line "sep=;" names, and the line behind it."""
    line = head.partition("\n")[0].strip().strip('"')
    is_named = line.casefold().startswith("sep=") and len(line) == 5 and line[4] in _DELIMITERS
    return (line[4], 2) if is_named else ("", 1)


def _delimiter(head: str) -> str:
    """Return what separates the cells of the header: that which makes most cells of it."""
    return max(_DELIMITERS, key=lambda one: _cells_in_header(head, one))


def _cells_in_header(head: str, delimiter: str) -> int:
    try:
        rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        return len(next((row for row in rows if any(cell.strip() for cell in row)), []))
    except csv.Error:
        return 0
