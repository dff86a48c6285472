from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commerce.accounts.selectors import merchant_by_slug
from commerce.errors import NotFoundError
from merchants.imports.exporting import export_products


class Command(BaseCommand):
    help = "Write all products of a merchant as our own CSV. Imported again it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--merchant", required=True, metavar="SLUG", help="the shop's short name")
        parser.add_argument("--file", type=Path, metavar="FILE", help="where to; without it standard output")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            merchant = merchant_by_slug(options["merchant"])
        except NotFoundError as problem:
            raise CommandError(problem.message) from problem
        lines = export_products(merchant)
        if options["file"] is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        try:
            with options["file"].open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as problem:
            raise CommandError(f"{options['file']} cannot be written: {problem.strerror or problem}.") from problem
        self.stderr.write(f"{merchant.name}: {options['file']} is written.", self.style.NOTICE)
