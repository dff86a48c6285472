"""What a format is: its columns, under all their names, and who reads its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from merchants.imports.opening import Layout
from merchants.imports.reading import Problem, ReadProduct, Severity, ShopLocale
from merchants.imports.tables import Header, Row
from merchants.imports.text import readable


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a format. `name` is what our code calls it, `becomes` says for people what is made of it.

    `spellings` are the names it has in files; where a file has several, the earlier counts. Without any it is
    spelt as its name.
    """

    name: str
    becomes: str
    spellings: tuple[str, ...] = ()
    is_required: bool = False
    is_text: bool = False

    @property
    def written(self) -> tuple[str, ...]:
        return self.spellings or (self.name,)


class Reader:
    """Reads the rows of one file. A format subclasses it.

    `first_rows` has the row of each SKU that comes more than once; the file sets it before anything is read.
    """

    sees_all_rows = False

    def __init__(self, header: Header, locale: ShopLocale) -> None:
        self.header = header
        self.locale = locale
        self.first_rows: Mapping[str, int] = {}

    def see(self, row: Row) -> None:
        """Look at each row before any key is asked for. Called where `sees_all_rows`."""

    def notes(self) -> tuple[Problem, ...]:
        """Return what there is to say of the file as a whole."""
        return ()

    def key(self, row: Row) -> str:
        """Return which product a row is of; empty where it does not say."""
        raise NotImplementedError

    def sku(self, row: Row) -> str:
        """Return the SKU that must be the row's own."""
        raise NotImplementedError

    def read(self, rows: Sequence[Row]) -> ReadProduct:
        """Read the rows of one product."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    `numbered` matches columns such as "attribute 3 name", which code finds by their folded name. `unused`
    matches those that the format is known to have and we have no use for.
    """

    code: str
    name: str
    columns: tuple[Column, ...]
    reader: type[Reader]
    numbered: re.Pattern[str] | None = None
    unused: re.Pattern[str] | None = None
    layouts: frozenset[Layout] = frozenset((Layout.DELIMITED,))

    @property
    def required(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_required)

    def column(self, name: str) -> Column | None:
        """Return the column with that name or spelling, however it is written."""
        wanted = folded(name)
        for column in self.columns:
            if wanted in (folded(one) for one in (column.name, *column.written)):
                return column
        return None


@dataclass(frozen=True, slots=True)
class Binding:
    """A format's columns found in a file, what is missing, and what of the file has no use.

    `texts` are the columns that people write, numbered ones included. `numbered` are names of the file.
    """

    format: Format
    header: Header
    missing: tuple[Column, ...]
    unknown: tuple[str, ...]
    texts: tuple[str, ...]
    numbered: frozenset[str]
    matched: int
    notes: tuple[Problem, ...]


def folded(name: str) -> str:
    """Bring a column's name to the form in which names are compared: case, "_" and a "g:" do not count."""
    return re.sub(r"[\s_]+", " ", readable(name).casefold()).strip().removeprefix("g:")


def bind(
    kind: Format, names: Sequence[str], *, mapping: Mapping[str, str] | None = None, decimal_comma: bool = False
) -> Binding:
    """Find a format's columns among a file's.

    `mapping` says for a column, by its name, which of the file's it is; "" for none.
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(folded(name), []).append(place)
    spelt = {column.name: _spelt(column, places, (mapping or {}).get(column.name)) for column in kind.columns}
    found = {name: [place for same in several for place in same] for name, several in spelt.items()}
    used = {place for one in found.values() for place in one}
    numbered = {
        name: several
        for name, several in places.items()
        if kind.numbered and kind.numbered.fullmatch(name) and not used & set(several)
    }
    used |= {place for several in numbered.values() for place in several}
    unknown = (name for place, name in enumerate(names) if place not in used and not _is_unused(kind, name))
    superseded = (note for several in spelt.values() for note in _superseded(names, [same[0] for same in several]))
    return Binding(
        format=kind,
        header=Header(names, found | numbered, decimal_comma=decimal_comma),
        missing=tuple(column for column in kind.required if not found[column.name]),
        unknown=tuple(dict.fromkeys(filter(None, unknown))),
        texts=(*(column.name for column in kind.columns if column.is_text and found[column.name]), *numbered),
        numbered=frozenset(names[place] for several in numbered.values() for place in several),
        matched=len(used),
        notes=(*_repeated(names, places), *superseded),
    )


def _spelt(column: Column, places: Mapping[str, list[int]], told: str | None) -> list[list[int]]:
    """Return where a column is, under each name it has in the file, the one that counts most first."""
    spellings = column.written if told is None else (told,)
    return [places[folded(one)] for one in spellings if folded(one) in places]


def _is_unused(kind: Format, name: str) -> bool:
    return kind.unused is not None and kind.unused.fullmatch(folded(name)) is not None


def _repeated(names: Sequence[str], places: Mapping[str, Sequence[int]]) -> list[Problem]:
    advice = "The file has this column more than once: the first that is not empty counts."
    return [_note(names[first], advice) for name, (first, *more) in places.items() if more and name]


def _superseded(names: Sequence[str], places: Sequence[int]) -> Iterable[Problem]:
    """Say which of several columns of the same meaning is only used where the other is empty."""
    return [
        _note(names[one], f"“{names[places[0]]}” goes before it; this is used where that is empty.")
        for one in places[1:]
    ]


def _note(column: str, advice: str) -> Problem:
    return Problem(1, column, "", advice, Severity.NOTICE)
