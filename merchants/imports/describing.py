"""What an import does and finds, in words and tables for people: in the shell, on a page and in a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from commerce.catalog.changes import FieldChange
from commerce.money import Money
from merchants.imports.own_cells import as_cell
from merchants.imports.reading import Problem, Severity
from merchants.imports.services import ImportSummary, ProductResult

SEVERITIES = {
    Severity.ERROR: "not imported",
    Severity.SUSPICIOUS: "suspicious",
    Severity.WARNING: "imported in part",
    Severity.NOTICE: "good to know",
}
PROBLEM_COLUMNS = ("row", "severity", "column", "value", "what_to_do")
CHANGE_COLUMNS = ("row", "product", "change", "variant", "field", "before", "after")

_LABELS = {
    "price_minor": "price",
    "sale_price_minor": "sale price",
    "max_quantity_per_order": "most of one order",
    "media": "pictures",
    "sku": "SKU",
    "gtin": "GTIN",
    "mpn": "MPN",
    "url": "page",
}
_ENOUGH_CHARACTERS = 200


def counts_of(summary: ImportSummary) -> list[tuple[str, str, str, str, str]]:
    """Return a table: what, new, changed, unchanged, left out. Variants that vanished are inactive."""
    done = {name: str(getattr(summary, name)) for name in summary.__slots__ if name != "problems"}
    inactive = f"{summary.variants_deactivated} inactive" if summary.variants_deactivated else "0"
    return [
        (
            "Products",
            done["products_created"],
            done["products_updated"],
            done["products_unchanged"],
            done["products_skipped"],
        ),
        ("Variants", done["variants_created"], done["variants_updated"], done["variants_unchanged"], inactive),
        ("Stock", done["stock_created"], done["stock_updated"], "", ""),
    ]


def change_lines(result: ProductResult, *, currency: str) -> Iterator[tuple[str, ...]]:
    """Yield a line for each field that changes; one with its title for a product that is new or left out."""
    start = (str(result.row), result.handle, result.change)
    if not result.fields:
        yield (*start, "", "", "", result.title)
    for one in result.fields:
        yield (*start, one.variant or "", label(one), shown(one, one.old, currency), shown(one, one.new, currency))


def label(change: FieldChange) -> str:
    return _LABELS.get(change.field, change.field.replace("_", " "))


def shown(change: FieldChange, value: Any, currency: str) -> str:
    """Write a value for people, cut where it is long."""
    if value is None or value == [] or value == "":
        return ""
    if change.field.endswith("_minor"):
        return str(Money(value, currency))
    if isinstance(value, list):
        value = ", ".join(value)
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, datetime):
        value = value.isoformat()
    text = " ".join(str(value).split())
    return text if len(text) <= _ENOUGH_CHARACTERS else f"{text[:_ENOUGH_CHARACTERS]}…"


def problem_line(problem: Problem) -> tuple[str, ...]:
    return (str(problem.row), problem.severity, problem.column, problem.value, problem.advice)


class _Echo:
    """Gives back what a CSV writer writes."""

    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Iterable[str], lines: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield a CSV file that spreadsheets open as it is and run nothing of."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(columns)
    for line in lines:
        yield writer.writerow([as_cell(cell) for cell in line])
