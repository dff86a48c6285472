from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commerce import clock
from commerce.accounts.models import Merchant
from commerce.accounts.selectors import merchant_by_slug
from commerce.errors import CommerceError
from merchants.feeds.building import Built
from merchants.feeds.models import Feed, FeedBuild, FeedProblem
from merchants.feeds.profiles import PROFILES
from merchants.feeds.rules import RULES
from merchants.feeds.services import build_feed, create_feed, feed_url, preferred_format, write_files

SHOWN_PROBLEMS = 25

Shown = tuple[str, str, str, str, str]


class Command(BaseCommand):
    help = "Build a merchant's product feed and publish it; or, with --out, only write its files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--profile", required=True, choices=list(PROFILES))
        parser.add_argument(
            "--format", default="", help="the kind of file; the platform's preferred one unless told"
        )
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="write the files there and leave what is published alone"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        try:
            merchant = merchant_by_slug(options["merchant"])
            if options["out"]:
                _write(console, merchant, options)
            else:
                _publish(console, merchant, options)
        except CommerceError as problem:
            raise CommandError(problem.message) from problem


def _write(console: Console, merchant: Merchant, options: dict[str, Any]) -> None:
    file_format = options["format"] or preferred_format(options["profile"])
    built = write_files(
        merchant,
        profile=options["profile"],
        file_format=file_format,
        directory=options["out"],
        now=clock.now(),
    )
    _print(console, rows=built.rows, gone=built.gone, refused=built.refused)
    for file in built.files:
        console.print(f"  {file.path}", markup=False, soft_wrap=True)
    _print_problems(console, _shown(built), sum(built.counts.values()))
    built.staged.unlink()
    built.report.rename(options["out"] / "problems.csv")


def _publish(console: Console, merchant: Merchant, options: dict[str, Any]) -> None:
    feeds = Feed.objects.filter(merchant=merchant, profile=options["profile"])
    if options["format"]:
        feeds = feeds.filter(file_format=options["format"])
    token = ""
    found = list(feeds.order_by("created_at", "pk"))
    if not found:
        file_format = options["format"] or preferred_format(options["profile"])
        feed, token = create_feed(merchant, profile=options["profile"], file_format=file_format, now=clock.now())
        found = [feed]
    for feed in found:
        build = build_feed(feed.pk, cause=FeedBuild.Cause.ASKED, now=clock.now())
        console.print(f"{feed.name} ({feed.file_format})", markup=False)
        _print(console, rows=build.rows, gone=build.gone, refused=build.refused)
        for file in build.files.filter(is_former=False).order_by("name"):
            address = feed_url(token, file.name) if token else file.name
            console.print(f"  {address}", markup=False, soft_wrap=True)
        count = sum(entry[3] for entry in build.problem_counts)
        _print_problems(console, (_row(one) for one in build.problems.order_by("pk")[:SHOWN_PROBLEMS]), count)
    if token:
        console.print("Keep the address: it is shown only now. A new one can be made in the admin.")


def _print(console: Console, *, rows: int, gone: int, refused: int) -> None:
    console.print(f"{rows:,} items, {gone:,} told to be gone, {refused:,} refused")


def _shown(built: Built) -> Iterable[Shown]:
    for found in built.problems[:SHOWN_PROBLEMS]:
        one = found.problem
        yield (found.sku or found.item_id, RULES[one.rule], one.field, one.value, one.advice)


def _row(one: FeedProblem) -> Shown:
    return (one.sku or one.item_id, RULES[one.rule], one.field, one.value, one.advice)


def _print_problems(console: Console, problems: Iterable[Shown], count: int) -> None:
    table = Table("Item", "Rule", "Field", "Value", "What to do")
    for problem in problems:
        table.add_row(*(Text(text) for text in problem))
    if table.row_count:
        console.print(table)
    if count > table.row_count:
        console.print(f"… and {count - table.row_count:,} more.")
