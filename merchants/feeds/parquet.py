"""Parquet, compressed with zstd. Needs the extra `parquet`: pyarrow is larger than everything else together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from merchants.feeds.profiles.profile import Record
from merchants.feeds.rules import Column

ROWS_AT_ONCE = 5000
"""Rows of one row group: what is held in memory."""

_TYPES = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    list: pa.list_(pa.string()),
    dict: pa.map_(pa.string(), pa.string()),
}


class ParquetWriter:
    """Writes columns of the types that a profile's fields have; what is absent is null."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._schema = pa.schema([(column.name, _TYPES[column.kind]) for column in columns])
        self._maps = [column.name for column in columns if column.kind is dict]
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Record] = []

    def write(self, record: Record) -> None:
        maps = {name: sorted(record[name].items()) for name in self._maps if name in record}
        self._rows.append({**record, **maps} if maps else record)
        if len(self._rows) == ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []
