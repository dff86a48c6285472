"""Files as platforms read them: written as a stream, and byte for byte the same for the same rows."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from commerce.errors import CommerceError
from merchants.feeds.profiles.profile import Profile, Record
from merchants.feeds.rules import Column

CONTENT_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json",
    "gz": "application/gzip",
}

COMPRESSION = 6


class Writer(Protocol):
    """Takes one record after the other; what it wrote is a whole file once it is closed."""

    def write(self, record: Record) -> None: ...

    def close(self) -> None: ...


class FormatUnavailableError(CommerceError):
    """The installation lacks what a kind of file is written with."""

    code = "format_unavailable"


def content_type(name: str) -> str:
    return CONTENT_TYPES[name.rpartition(".")[2]]


def require_format(file_format: str) -> None:
    """Raise FormatUnavailableError for a kind of file that cannot be written here."""
    if file_format != "parquet":
        return
    try:
        import pyarrow.parquet  # noqa: F401 - an optional extra
    except ImportError as problem:
        text = "Parquet files need pyarrow: pip install 'agentic-commerce-engine[parquet]', or choose jsonl.gz."
        raise FormatUnavailableError(text, target=("file_format",)) from problem


def open_writer(path: Path, file_format: str, profile: Profile) -> Writer:
    """Begin a file. Raises FormatUnavailableError."""
    require_format(file_format)
    if file_format == "parquet":
        from merchants.feeds.parquet import ParquetWriter

        return ParquetWriter(path, profile.columns)
    kind, _, packing = file_format.partition(".")
    stream = _packed(path) if packing == "gz" else path.open("wb")
    if kind == "jsonl":
        return _JsonLines(stream)
    return _Delimited(stream, profile.columns, delimiter="," if kind == "csv" else "\t")


class _JsonLines:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, record: Record) -> None:
        self._stream.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        self._stream.close()


class _Delimited:
    """CSV as RFC 4180 quotes it; in TSV, where many readers know no quotes, white space becomes single spaces."""

    def __init__(self, stream: BinaryIO, columns: Sequence[Column], *, delimiter: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
        self._names = [column.name for column in columns]
        self._is_flat = delimiter == "\t"
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\n")
        self._writer.writerow(self._names)

    def write(self, record: Record) -> None:
        cells = [cell_text(record.get(name)) for name in self._names]
        if self._is_flat:
            cells = [" ".join(cell.split()) for cell in cells]
        self._writer.writerow(cells)

    def close(self) -> None:
        self._text.close()


def cell_text(value: Any) -> str:
    """Write a value as a cell: true and false in small letters, addresses by commas, objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(one).replace(",", "%2C") for one in value)
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return str(value)


class _Packed(gzip.GzipFile):
    """A gzip file that closes what it writes to, and says neither when it was made nor what it is called."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("wb")
        super().__init__(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=self._raw, mtime=0)

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._raw.close()


def _packed(path: Path) -> BinaryIO:
    return io.BufferedWriter(_Packed(path), buffer_size=1 << 17)
