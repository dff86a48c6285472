from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commerce.accounts.models import Merchant
from commerce.accounts.selectors import merchant_by_slug
from commerce.errors import CommerceError
from merchants.imports.describing import (
    PROBLEM_COLUMNS,
    SEVERITIES,
    change_lines,
    counts_of,
    csv_lines,
    problem_line,
)
from merchants.imports.formats import FORMATS
from merchants.imports.product_files import ProductFile, open_products
from merchants.imports.reading import Problem, Severity, ShopLocale
from merchants.imports.services import (
    BatchResult,
    ImportSummary,
    in_batches,
    preview_batch,
    summed_up,
    write_batch,
)

SHOWN_LINES = 50
NOT_ALL_IMPORTED = 3


class Command(BaseCommand):
    help = (
        "Import a merchant's products from a file. Its format is found by its content. Good rows go in, each"
        " problem is told with its row and column. Ends with 0 if all went in, with 1 if nothing could be read,"
        f" and with {NOT_ALL_IMPORTED} if some rows did not go in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", type=Path, help="CSV, TSV or JSON Lines, packed with gzip or not"
        )
        parser.add_argument("--merchant", required=True, metavar="SLUG", help="the shop's short name")
        parser.add_argument("--format", choices=sorted(FORMATS), default="", help="instead of finding it out")
        parser.add_argument("--preview", action="store_true", help="say what would change, and change nothing")
        parser.add_argument(
            "--no-input",
            action="store_false",
            dest="interactive",
            help="import at once; without it a terminal is shown what would change, and asked",
        )
        parser.add_argument(
            "--mapping",
            nargs="+",
            action="extend",
            type=_pair,
            default=[],
            metavar="COLUMN=NAME",
            help="a column of the format and what the file calls it, such as 'Title=Product name'; with nothing"
            " behind = the column is not read",
        )
        parser.add_argument(
            "--recount", action="store_true", help="set the stock of all variants to the numbers of the file"
        )
        parser.add_argument("--problems", type=Path, metavar="CSV", help="write all problems to this file, too")

    def handle(self, *_args: object, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        try:
            merchant = merchant_by_slug(options["merchant"])
            products = open_products(
                options["file"],
                locale=ShopLocale(merchant.currency, merchant.time_zone),
                format_code=options["format"],
                mapping=dict(options["mapping"]),
            )
            console.print(_heading(products, merchant), markup=False)
            problems = self._import(console, merchant, products, options)
        except CommerceError as problem:
            raise CommandError(problem.message) from problem
        if options["problems"]:
            _write_problems(options["problems"], problems)
        if any(problem.severity is Severity.ERROR for problem in problems):
            raise SystemExit(NOT_ALL_IMPORTED)

    def _import(
        self, console: Console, merchant: Merchant, products: ProductFile, options: dict[str, Any]
    ) -> list[Problem]:
        is_recounted = options["recount"]
        is_asked = options["interactive"] and sys.stdin.isatty()
        if options["preview"] or is_asked:
            console.print("Nothing was changed. This is what an import would do:")
            summary = _previewed(console, merchant, products, is_recounted=is_recounted)
            problems = _print_result(console, products, summary)
            if options["preview"] or not _is_wanted(console, summary):
                return problems
        batches = in_batches(products.read())
        summary = summed_up(write_batch(merchant, batch, is_recounted=is_recounted) for batch in batches)
        return _print_result(console, products, summary)


def _previewed(
    console: Console, merchant: Merchant, products: ProductFile, *, is_recounted: bool
) -> ImportSummary:
    """Print what would become of each product, and return it in sum."""
    changes = Table("Row", "Product", "Change", "Variant", "Field", "Before", "After")

    def results() -> Iterator[BatchResult]:
        for batch in in_batches(products.read()):
            result = preview_batch(merchant, batch, is_recounted=is_recounted)
            _add_changes(changes, result, merchant.currency)
            yield result

    summary = summed_up(results())
    console.print(changes if changes.rows else "No product would change.")
    return summary


def _is_wanted(console: Console, summary: ImportSummary) -> bool:
    """Ask whether to go on, where there is anything to do."""
    if not summary.is_anything:
        return False
    try:
        said = console.input("Import it now? [y/N] ", markup=False)
    except EOFError:
        said = ""
    if said.strip().casefold() in ("y", "yes"):
        return True
    console.print("Nothing was changed.")
    return False


def _print_result(console: Console, products: ProductFile, summary: ImportSummary) -> list[Problem]:
    counts = Table("", "New", "Changed", "Unchanged", "Left out")
    for column in counts.columns[1:]:
        column.justify = "right"
    for line in counts_of(summary):
        counts.add_row(*line)
    console.print(counts)
    problems = [*products.notes, *summary.problems]
    _print_problems(console, problems)
    return problems


def _pair(said: str) -> tuple[str, str]:
    column, sign, name = said.partition("=")
    if not sign or not column.strip():
        raise ArgumentTypeError(f"'{said}' is not COLUMN=NAME")
    return column.strip(), name.strip()


def _heading(products: ProductFile, merchant: Merchant) -> str:
    what = f"{products.text.name}: {products.format.name} ({products.text.wording})"
    return f"{what}, {products.rows} rows, {products.products} products, for {merchant.name}"


def _add_changes(table: Table, result: BatchResult, currency: str) -> None:
    for product in result.products:
        if product.change == "unchanged":
            continue
        for line in change_lines(product, currency=currency):
            if table.row_count < SHOWN_LINES:
                table.add_row(*map(Text, line))
            elif table.row_count == SHOWN_LINES:
                table.add_row("", "…", "and more")


def _print_problems(console: Console, problems: list[Problem]) -> None:
    for severity, meaning in SEVERITIES.items():
        found = [problem for problem in problems if problem.severity is severity]
        if not found:
            continue
        table = Table("Row", "Column", "Value", "What to do", title=f"{meaning.capitalize()}: {len(found)}")
        table.title_justify = "left"
        for problem in found[:SHOWN_LINES]:
            table.add_row(str(problem.row), Text(problem.column), Text(problem.value), Text(problem.advice))
        console.print(table)
        if (more := len(found) - SHOWN_LINES) > 0:
            console.print(f"… and {more} more. --problems FILE writes them all.")


def _write_problems(path: Path, problems: list[Problem]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_lines(PROBLEM_COLUMNS, map(problem_line, problems)))
    except OSError as problem:
        raise CommandError(f"{path} cannot be written: {problem.strerror or problem}.") from problem
