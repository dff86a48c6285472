"""A feed's file read back, whoever made it, and held against the same rules under any of its fields' old names.

Older generations of a feed named fields otherwise. Where several names of a field are sent, one of them counts;
fields that are gone are accepted, told, and not looked at.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from commerce.errors import CommerceError
from merchants.feeds.profiles.profile import Profile
from merchants.feeds.rules import Column, Effect, Problem, Row, check, shown
from merchants.feeds.writers import require_format

DELIMITED = ("csv", "tsv", "txt")
"""Kinds of files in which every value is text."""


class UnreadableFeedError(CommerceError):
    """The file as a whole cannot be understood."""

    code = "unreadable_feed"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row of a file and what is wrong with it. Rows count from 1, without a header."""

    number: int
    item_id: str
    is_refused: bool
    problems: tuple[Problem, ...]


def read_feed(path: Path, profile: Profile) -> Iterator[ReadRow]:
    """Yield what is wrong with each row. Raises UnreadableFeedError, FormatUnavailableError, also later."""
    if profile.is_nested:
        raise UnreadableFeedError("Only feeds with a row for each item can be read.")
    whole = _Whole(profile)
    try:
        for raw in _rows(path, profile):
            whole.note(_typed(raw, profile, path)[0])
        for number, raw in enumerate(_rows(path, profile), start=1):
            row, problems = _typed(raw, profile, path)
            across = list(whole.problems(row))
            problems += [*check(_columns(row, profile), row).problems, *across]
            is_refused = any(problem.effect is Effect.REFUSED for problem in problems)
            yield ReadRow(number, str(row.get(profile.id_field, "")), is_refused, tuple(problems))
    except (OSError, UnicodeDecodeError, csv.Error, orjson.JSONDecodeError, EOFError) as problem:
        raise UnreadableFeedError(f"{path.name} cannot be read: {problem}.") from problem


def _columns(row: Row, profile: Profile) -> Sequence[Column]:
    """Return what a row is held against: one that only takes an item out needs nothing but its id."""
    if row.get("delete") is not True:
        return profile.columns
    return [one for one in profile.columns if one.name in row or one.name == profile.id_field]


def _kind(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[2]


def _rows(path: Path, profile: Profile) -> Iterator[dict[str, Any]]:
    kind = _kind(path)
    if kind == "parquet":
        yield from _parquet_rows(path)
        return
    with _opened(path) as stream:
        if kind == "jsonl":
            yield from (_object(line) for line in stream if line.strip())
        elif kind in DELIMITED:
            lines = (line.decode("utf-8-sig" if number == 0 else "utf-8") for number, line in enumerate(stream))
            yield from csv.DictReader(lines, delimiter="," if kind == "csv" else "\t", strict=True)
        else:
            raise UnreadableFeedError(f"{path.name} is none of {', '.join(profile.formats)}.")


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _object(line: bytes) -> dict[str, Any]:
    value = orjson.loads(line)
    if not isinstance(value, dict):
        raise UnreadableFeedError("Every line must be a JSON object.")
    return value


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    require_format("parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=5000):
            for row in batch.to_pylist():
                yield {name: _plain(value) for name, value in row.items() if value is not None}
    except pa.ArrowInvalid as problem:
        raise UnreadableFeedError(f"{path.name} is no Parquet file.") from problem


def _plain(value: Any) -> Any:
    """Turn a map, which comes as pairs, into an object."""
    is_map = isinstance(value, list) and value and all(isinstance(one, tuple) for one in value)
    return dict(value) if is_map else value


def _typed(raw: Mapping[Any, Any], profile: Profile, path: Path) -> tuple[Row, list[Problem]]:
    """Give cells the types of their columns, and columns their present names."""
    read = _of_cell if _kind(path) in DELIMITED else _of_value
    problems: list[Problem] = []
    named = {str(name): value for name, value in raw.items() if name is not None and value not in (None, "")}
    if None in raw:
        problems.append(
            Problem("V-01", "", "", "The row has more cells than the header has names.", Effect.REFUSED)
        )
    if profile.name == "openai":
        _rename(named, problems)
    columns = {column.name: column for column in profile.columns}
    row: Row = {}
    for name, value in named.items():
        column = columns.get(name)
        if column is not None:
            row[name] = read(value, column)
    return row, problems


def _of_cell(value: Any, column: Column) -> Any:
    """Read a cell of a delimited file, where everything is text; what cannot be read stays as it is."""
    if column.kind is bool:
        return {"true": True, "false": False}.get(value, value)
    if column.kind is int:
        return int(value) if value.isascii() and value.isdigit() else value
    return _of_value(value, column)


def _of_value(value: Any, column: Column) -> Any:
    """Read a value as its column means it; what cannot be read stays as it is, and its checker says so."""
    if not isinstance(value, str):
        return value
    if column.kind is list:
        return value.split(",")
    if column.kind is dict:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


ALIASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("item_id", ("item_id", "id", "sku")),
    ("group_id", ("group_id", "item_group_id")),
    ("is_eligible_search", ("enable_search", "is_eligible_search")),
    ("is_eligible_checkout", ("enable_checkout", "is_eligible_checkout")),
    ("is_ads_eligible", ("is_ads_eligible", "is_eligible_ads")),
    ("return_deadline_in_days", ("return_window", "return_deadline_in_days")),
    ("url", ("url", "link")),
    ("image_url", ("image_url", "image_link")),
    ("additional_image_urls", ("additional_image_urls", "additional_image_link")),
)
"""Fields and their names, the one that counts first."""

GONE = frozenset(
    """expiration_date availability_date pickup_method pickup_sla video_url model_3d_url sale_price_start_date
    sale_price_end_date unit_pricing_measure unit_pricing_base_measure pricing_trend popularity_score return_rate
    warning warning_url age_restriction q_and_a reviews related_product_id relationship_type geo_price
    geo_availability item_group_title inventory_quantity""".split()
)
"""Fields that are not read since mid-2026."""


def _rename(named: Row, problems: list[Problem]) -> None:
    """Bring fields under their present names, telling of every other name."""
    for name, names in ALIASES:
        given = [one for one in names if one in named]
        if not given or given == [name]:
            continue
        value = named[given[0]]
        for old in given:
            if old != name:
                advice = f"Call it {name}." if len(given) == 1 else f"Send {name} only; {given[0]} was read."
                problems.append(Problem("V-21", old, shown(named[old]), advice, Effect.ADVICE))
            del named[old]
        named[name] = value
    for name in sorted(GONE & set(named)):
        advice = "Leave it out: it is not read any more."
        problems.append(Problem("V-21", name, shown(named.pop(name)), advice, Effect.ADVICE))
    _rename_variants(named, problems)


def _rename_variants(named: Row, problems: list[Problem]) -> None:
    """Read the numbered pairs of options of an older generation, unless there is the present field."""
    pairs = {
        named.get(f"Custom_variant{number}_category", ""): named.get(f"Custom_variant{number}_option", "")
        for number in (1, 2, 3)
    }
    old = [name for name in named if name.startswith("Custom_variant")]
    for name in old:
        advice = "Put the options into variant_dict."
        problems.append(Problem("V-21", name, shown(named.pop(name)), advice, Effect.ADVICE))
    pairs.pop("", None)
    if pairs and "variant_dict" not in named:
        named["variant_dict"] = pairs


@dataclass(slots=True)
class _Whole:
    """What rows owe each other across a file, which is gone through once before any row is judged.

    `ids`, and how often a group has a GTIN, are those of the whole file; the others grow with the rows that have
    been judged: ids come once, a group has the same options in other combinations.
    """

    profile: Profile
    ids: set[str] = field(default_factory=set)
    gtins: Counter[tuple[str, str]] = field(default_factory=Counter)
    judged: set[str] = field(default_factory=set)
    options: dict[str, frozenset[str]] = field(default_factory=dict)
    combinations: set[tuple[str, int]] = field(default_factory=set)

    def note(self, row: Row) -> None:
        """Take a row into account, before the first one is judged."""
        self.ids.add(str(row.get(self.profile.id_field, "")))
        group_id, gtin = row.get(self.profile.group_field), row.get("gtin")
        if isinstance(group_id, str) and isinstance(gtin, str):
            self.gtins[group_id, gtin] += 1

    def problems(self, row: Row) -> Iterator[Problem]:
        id_field = self.profile.id_field
        item_id = str(row.get(id_field, ""))
        if item_id in self.judged:
            yield Problem("V-05", id_field, shown(item_id), "Give every row an id of its own.", Effect.REFUSED)
        self.judged.add(item_id)
        group_id = row.get(self.profile.group_field)
        if isinstance(group_id, str):
            yield from self._group_problems(group_id, row)

    def _group_problems(self, group_id: str, row: Row) -> Iterator[Problem]:
        if group_id in self.ids:
            advice = "Give the group an id that no item has."
            yield Problem("V-20", self.profile.group_field, shown(group_id), advice, Effect.REFUSED)
        gtin = row.get("gtin")
        if isinstance(gtin, str) and self.gtins[group_id, gtin] > 1:
            advice = "Give every variant the GTIN of its own bar code."
            yield Problem("V-11", "gtin", shown(gtin), advice, Effect.LEFT_OUT)
        options = row.get("variant_dict")
        if isinstance(options, dict):
            yield from self._option_problems(group_id, options)

    def _option_problems(self, group_id: str, options: dict[str, Any]) -> Iterator[Problem]:
        names = self.options.setdefault(group_id, frozenset(options))
        if names != frozenset(options):
            advice = f"Give every variant the same options: {', '.join(sorted(names))}."
            yield Problem("V-20", "variant_dict", shown(options), advice, Effect.REFUSED)
        combination = (group_id, hash(frozenset((name, str(value)) for name, value in options.items())))
        if combination in self.combinations:
            advice = "Give every variant options by which it differs from the others."
            yield Problem("V-20", "variant_dict", shown(options), advice, Effect.REFUSED)
        self.combinations.add(combination)
