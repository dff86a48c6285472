"""What a platform refuses, and why, in words a shopkeeper can act on.

A `Column` says what a field may hold; `check` looks at one row before anything is published. A fault in a field
that the row cannot do without refuses the row; elsewhere the field is left out or changed, and that is told.
The numbers are those of the rules that OpenAI's product feed has in its generation of autumn 2026; other
profiles use the ones that hold there, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

RULES: Mapping[str, str] = {
    "V-01": "Text is plain text in UTF-8",
    "V-02": "An address is a whole http or https address that everybody can open",
    "V-03": "What is not known is left out",
    "V-04": "Yes and no are written true and false",
    "V-05": "Every item has an id of its own that never changes",
    "V-06": "Amounts are written like 19.99 USD",
    "V-07": "Every variant that can be bought has a row of its own",
    "V-08": "Some facts every row must have",
    "V-09": "Text is not longer than the platform shows",
    "V-10": "Some fields know certain words only",
    "V-11": "A GTIN is the maker's own, with the right check digit",
    "V-12": "A picture is a JPEG or PNG of the very variant",
    "V-13": "Numbers are plain decimals above zero",
    "V-14": "Measures come with their unit",
    "V-15": "A sale price is above zero and below the price",
    "V-16": "What can be bought through agents has its seller's terms and privacy policy",
    "V-17": "Some fields make sense only together with others",
    "V-20": "Variants of a product share a group and differ in the same options",
    "V-21": "Each field goes by its one present name",
    "V-22": "Dates start and end nothing by themselves: the feed is sent again when a sale begins or ends",
}


class Effect(StrEnum):
    """What a fault has led to."""

    REFUSED = "refused"
    LEFT_OUT = "left_out"
    CHANGED = "changed"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in one field of one row, and what to do about it."""

    rule: str
    field: str
    value: str
    advice: str
    effect: Effect

    @property
    def rule_text(self) -> str:
        return RULES[self.rule]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a checker has found. `mended` is the value to write instead, where there is one."""

    rule: str
    advice: str
    mended: Any = None


Row = dict[str, Any]
Checker = Callable[[Any, Row], Fault | None]


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a profile. `refuses` says that a fault costs the whole row although the field is optional.

    `advice` says what to do where a required field is missing.
    """

    name: str
    checker: Checker
    kind: type = str
    is_required: bool = False
    refuses: bool = False
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A row as it may be published, None where it may not, and what was wrong with it."""

    row: Row | None
    problems: tuple[Problem, ...] = ()


def check(columns: Sequence[Column], row: Row) -> Checked:
    """Hold a row against its columns. The row is changed: what cannot stand is left out of it."""
    problems: list[Problem] = []
    for column in columns:
        value = row.get(column.name)
        if value is None or value == "":
            row.pop(column.name, None)
            if column.is_required:
                advice = column.advice or f"Give the item its {column.name}."
                problems.append(Problem("V-08", column.name, "", advice, Effect.REFUSED))
            continue
        fault = column.checker(value, row) if isinstance(value, column.kind) else _WRONG_KIND[column.kind]
        if fault is not None:
            problems.append(_dealt_with(column, value, fault, row))
    if not problems:
        return Checked(row)
    is_refused = any(problem.effect is Effect.REFUSED for problem in problems)
    return Checked(None if is_refused else row, tuple(problems))


_WRONG_KIND: Mapping[type, Fault] = {
    str: Fault("V-01", "Write it as text, in quotes."),
    bool: Fault("V-04", "Write true or false, in small letters; in JSON without quotes."),
    int: Fault("V-13", "Write a whole number."),
    list: Fault("V-01", "Write a list."),
    dict: Fault("V-01", "Write names and values."),
}


def _dealt_with(column: Column, value: Any, fault: Fault, row: Row) -> Problem:
    if fault.mended is not None:
        row[column.name] = fault.mended
        effect = Effect.CHANGED
    elif column.is_required or column.refuses:
        effect = Effect.REFUSED
    else:
        del row[column.name]
        effect = Effect.LEFT_OUT
    return Problem(fault.rule, column.name, shown(value), fault.advice, effect)


def shown(value: Any) -> str:
    """Return a value as it is shown beside its problem: not the whole of a long text."""
    text = str(value).replace("\x00", "\ufffd")
    return text if len(text) <= 80 else f"{text[:80]}…"
