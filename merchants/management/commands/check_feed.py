from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commerce.errors import CommerceError
from merchants.feeds.profiles import PROFILES
from merchants.feeds.readers import ReadRow, read_feed
from merchants.feeds.rules import RULES

SHOWN_PROBLEMS = 50


class Command(BaseCommand):
    help = "Hold a feed's file against a platform's rules and say of every refused row why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--profile", default="openai", choices=[name for name in PROFILES if name != "acp"])

    def handle(self, *_args: object, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        counts: Counter[str] = Counter()
        table = Table("Row", "Item", "Rule", "Field", "Value", "What to do", "Then")
        try:
            for row in read_feed(options["file"], PROFILES[options["profile"]]):
                counts["rows"] += 1
                counts["refused"] += row.is_refused
                counts["problems"] += len(row.problems)
                _add(table, row)
        except CommerceError as problem:
            raise CommandError(problem.message) from problem
        if table.row_count:
            console.print(table)
        if (more := counts["problems"] - table.row_count) > 0:
            console.print(f"… and {more:,} more.")
        console.print(f"{counts['rows']:,} rows, {counts['refused']:,} refused.")
        if counts["refused"]:
            raise CommandError("Some rows would be refused.", returncode=1)


def _add(table: Table, row: ReadRow) -> None:
    for one in row.problems:
        if table.row_count < SHOWN_PROBLEMS:
            cells = (row.item_id, RULES[one.rule], one.field, one.value, one.advice, one.effect.replace("_", " "))
            table.add_row(str(row.number), *(Text(text) for text in cells))
