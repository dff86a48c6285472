"""A file of products: its format found, its rows brought together by product, read as a stream.

The file is read more than once, so that what is wrong with it as a whole is found before the first product is
given out, and so that rows of a product that other rows interrupt come together, last. Products always come in
the same order: whoever was interrupted goes on by skipping as many as were done.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from merchants.imports.format import Binding, Format, Reader
from merchants.imports.formats import find_format
from merchants.imports.opening import TextFile, look_into
from merchants.imports.reading import Problem, ReadProduct, Severity, ShopLocale
from merchants.imports.tables import Row, read_names, read_rows
from merchants.imports.tricks import find_tricks

_SHOWN_UNKNOWN = 50
_MAX_ROWS = 5_000
"""So many rows a product may have. No shop has more variants; it is all of it in memory while it is read."""


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is known of a file once all its rows have been seen."""

    rows: int
    products: int
    scattered: frozenset[str]
    endless: frozenset[str]
    repeated_skus: Mapping[str, int]


class ProductFile:
    """A file that can be read: `products` are in it, `notes` are about the file as a whole."""

    def __init__(self, text: TextFile, binding: Binding, locale: ShopLocale) -> None:
        self.text = text
        self.binding = binding
        self.locale = locale
        survey = self._surveyed(self._reader())
        self.rows = survey.rows
        self.products = survey.products
        self.notes = (*text.notes, *binding.notes, *_unknown(binding), *self._reader().notes())
        self._survey = survey

    @property
    def format(self) -> Format:
        return self.binding.format

    def read(self, *, skip: int = 0) -> Iterator[ReadProduct]:
        """Yield the products behind the first `skip`, those whose rows are scattered last."""
        reader = self._reader()
        if reader.sees_all_rows:
            self._show_all(reader)
        reader.first_rows = self._survey.repeated_skus
        handles: dict[str, int] = {}
        for place, rows in enumerate(self._groups(reader)):
            if place >= skip:
                key = reader.key(rows[0])
                product = _endless(rows[0], key) if key in self._survey.endless else reader.read(rows)
                product = _only_one(product, rows[0], handles)
                yield replace(product, problems=_problems(rows, self.binding))

    def _reader(self) -> Reader:
        return self.format.reader(self.binding.header, self.locale)

    def _all_rows(self) -> Iterator[Row]:
        return read_rows(self.text, self.binding.header)

    def _show_all(self, reader: Reader) -> None:
        for row in self._all_rows():
            reader.see(row)

    def _surveyed(self, reader: Reader) -> _Survey:
        """Find the products whose rows others interrupt, and the SKUs that come again."""
        if reader.sees_all_rows:
            self._show_all(reader)
        rows_of: Counter[str] = Counter()
        scattered: set[str] = set()
        first_rows: dict[str, int] = {}
        repeated: set[str] = set()
        current = ""
        for row in self._all_rows():
            key, sku = reader.key(row), reader.sku(row)
            if sku and first_rows.setdefault(sku, row.number) != row.number:
                repeated.add(sku)
            if key != current and key in rows_of:
                scattered.add(key)
            rows_of[key] += 1
            current = key
        keyless = rows_of.pop("", 0)
        return _Survey(
            rows=rows_of.total() + keyless,
            products=len(rows_of) + keyless,
            scattered=frozenset(scattered - {""}),
            endless=frozenset(key for key, count in rows_of.items() if count > _MAX_ROWS),
            repeated_skus={sku: first_rows[sku] for sku in repeated},
        )

    def _groups(self, reader: Reader) -> Iterator[list[Row]]:
        """Yield the rows of each product; those of scattered products last, rows without a key alone.

        Of a product without end only the first.
        """
        with closing(_Shelf()) as shelf:
            group: list[Row] = []
            cut: set[str] = set()
            current = ""
            for row in self._all_rows():
                key = reader.key(row)
                if group and (not key or key != current):
                    yield group
                    group = []
                if key in self._survey.endless:
                    if key not in cut:
                        yield [row]
                    cut.add(key)
                elif key in self._survey.scattered:
                    shelf.put(key, row)
                else:
                    group.append(row)
                    current = key
            if group:
                yield group
            yield from shelf.groups(self.binding)


class _Shelf:
    """Rows laid aside on disk, so that a file in no order at all needs no more memory than any other."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="import-")
        self._rows = sqlite3.connect(Path(self._folder.name) / "rows")
        self._rows.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE product (id INTEGER PRIMARY KEY, key TEXT UNIQUE);"
            "CREATE TABLE row (product INTEGER, number INTEGER, content BLOB, PRIMARY KEY (product, number))"
            "WITHOUT ROWID"
        )

    def put(self, key: str, row: Row) -> None:
        self._rows.execute("INSERT OR IGNORE INTO product (key) VALUES (?)", [key])
        content = orjson.dumps([row.cells, [problem.advice for problem in row.problems]])
        self._rows.execute(
            "INSERT INTO row SELECT id, ?, ? FROM product WHERE key = ?", [row.number, content, key]
        )

    def groups(self, binding: Binding) -> Iterator[list[Row]]:
        group: list[Row] = []
        current = 0
        for product, number, content in self._rows.execute("SELECT * FROM row ORDER BY product, number"):
            if group and product != current:
                yield group
                group = []
            cells, advices = orjson.loads(content)
            row = Row(number, binding.header, cells)
            for advice in advices:
                row.report("", advice)
            group.append(row)
            current = product
        if group:
            yield group

    def close(self) -> None:
        self._rows.close()
        self._folder.cleanup()


def open_products(
    path: Path,
    *,
    locale: ShopLocale,
    name: str = "",
    format_code: str = "",
    mapping: Mapping[str, str] | None = None,
) -> ProductFile:
    """Open a file in the format given, or in the one it is in. Raises UnreadableFileError.

    `mapping` says for columns of the format which of the file's they are; what it does not say is found by name.
    """
    text = look_into(path, name=name)
    binding = find_format(text, read_names(text), format_code=format_code, mapping=mapping)
    return ProductFile(text, binding, locale)


def read_products(path: Path, *, currency: str, time_zone: str = "UTC") -> Iterator[ReadProduct]:
    """Read a file's products in whatever format it is, with prices in a merchant's currency."""
    return open_products(path, locale=ShopLocale(currency, time_zone)).read()


def _endless(row: Row, key: str) -> ReadProduct:
    advice = (
        f"More than {_MAX_ROWS:,} rows are this product: look whether it is the right column. It was left out."
    )
    row.report("", advice, Severity.ERROR, value=key)
    return ReadProduct(row.number, key, None)


def _only_one(product: ReadProduct, row: Row, handles: dict[str, int]) -> ReadProduct:
    """Leave out a product that would overwrite another of the file. `handles` has the row of each so far."""
    if product.data is None or handles.setdefault(product.data.handle, product.row) == product.row:
        return product
    advice = f"Give it its own handle: row {handles[product.data.handle]} became the same. This one was left out."
    row.report("", advice, Severity.ERROR, value=product.handle)
    return replace(product, data=None, variant_rows=())


def _unknown(binding: Binding) -> Iterable[Problem]:
    for name in binding.unknown[:_SHOWN_UNKNOWN]:
        yield Problem(1, name, "", "Nothing is made of this column.", Severity.NOTICE)


def _problems(rows: Sequence[Row], binding: Binding) -> tuple[Problem, ...]:
    """Return what was found in a product's rows, and what in them speaks to a language model."""
    seen: set[str] = set()
    for row in rows:
        for column in binding.texts:
            raw = row.raw(column)
            if raw and raw not in seen:
                seen.add(raw)
                for trick in find_tricks(raw):
                    row.report(column, trick.advice, Severity.SUSPICIOUS, value=trick.excerpt)
    return tuple(problem for row in rows for problem in row.problems)
