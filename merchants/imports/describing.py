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
    Severity.WARNING: "imported otherwise",
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


def counts_of(summary: ImportSummary) -> list[tuple[str, int, int, int, int]]:
    """Return a table: what, new, changed, unchanged, and what was left out or set inactive."""
    return [
        (
            "Products",
            summary.products_created,
            summary.products_updated,
            summary.products_unchanged,
            summary.products_skipped,
        ),
        (
            "Variants",
            summary.variants_created,
            summary.variants_updated,
            summary.variants_unchanged,
            summary.variants_deactivated,
        ),
        ("Stock", summary.stock_created, summary.stock_updated, 0, 0),
    ]


def change_lines(result: ProductResult, *, currency: str) -> Iterator[tuple[str, ...]]:
    """Yield a line for each field that changes; one for a product that is new or left out."""
    start = (str(result.row), result.handle, result.change)
    if not result.fields:
        yield (*start, "", "", "", "")
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
