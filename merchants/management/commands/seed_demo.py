from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commerce.errors import CommerceError
from merchants.demo_terms import HARBOR_SUPPLY
from merchants.imports.reading import Problem
from merchants.seeding import SeededShop, seed

SHOWN_PROBLEMS = 50


class Command(BaseCommand):
    help = "Make the demo's shops with products, taxes, shipping and discounts, or bring them up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file",
            nargs="?",
            help="a product export in Shopify's CSV format; without it the demo's own catalog",
        )
        parser.add_argument("--merchant", default=HARBOR_SUPPLY.slug, metavar="SLUG", help="the shop's short name")
        parser.add_argument("--name", default="", help="the shop's name as buyers see it")
        parser.add_argument(
            "--restock", action="store_true", help="set the stock of all variants to the numbers of the file"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            shops = seed(
                slug=options["merchant"],
                name=options["name"],
                file=Path(options["file"]) if options["file"] else None,
                is_recounted=options["restock"],
            )
        except CommerceError as problem:
            raise CommandError(problem.message) from problem
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        console.print(_overview(shops))
        for shop in shops:
            _print_details(console, shop)
        console.print("\nNext: make a key for an agent that may buy there:")
        console.print(f"  python manage.py issue_agent_key --merchant {shops[0].slug} --name “My agent”")


def _overview(shops: tuple[SeededShop, ...]) -> Table:
    table = Table("Shop", "Products", "Variants", "New", "Changed", "Problems")
    for column in table.columns[1:]:
        column.justify = "right"
    for shop in shops:
        done = shop.imported
        table.add_row(
            Text(f"{shop.name} ({shop.currency.upper()})"),
            str(done.products),
            str(done.variants),
            str(done.variants_created),
            str(done.variants_updated + done.variants_deactivated),
            str(len(done.problems)),
        )
    return table


def _print_details(console: Console, shop: SeededShop) -> None:
    if shop.imported.problems:
        console.print(f"\nWhat to mend in the file of {shop.slug}:", markup=False)
        console.print(_problems(shop.imported.problems[:SHOWN_PROBLEMS]))
        if (more := len(shop.imported.problems) - SHOWN_PROBLEMS) > 0:
            console.print(f"… and {more} more.")
    if shop.fulfillment_secret:
        console.print(f"\nSecret for fulfillment webhooks of {shop.slug}, shown only now:", markup=False)
        console.print(f"  {shop.fulfillment_secret}", markup=False, soft_wrap=True)


def _problems(problems: tuple[Problem, ...]) -> Table:
    table = Table("Row", "Column", "Value", "What to do")
    for problem in problems:
        table.add_row(str(problem.row), Text(problem.column), Text(problem.value), Text(problem.advice))
    return table
