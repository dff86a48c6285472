from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commerce import clock
from commerce.accounts.models import SCOPES, Merchant
from commerce.accounts.selectors import merchant_by_slug
from commerce.accounts.services import find_or_create_agent, issue_key
from commerce.errors import NotFoundError
from commerce.money import Money, parse_decimal


class Command(BaseCommand):
    help = "Make a key for an agent of a merchant. The key alone goes to standard output, and is shown only once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True, help="the agent's name; a known one gets a further key")
        parser.add_argument(
            "--limit-per-order", metavar="AMOUNT", help="such as 200.00, in the merchant's currency"
        )
        parser.add_argument("--limit-per-day", metavar="AMOUNT", help="such as 1000.00")
        parser.add_argument(
            "--confirmed-by-buyers",
            action="store_true",
            help="charge only what buyers confirm on our page",
        )
        parser.add_argument("--scopes", nargs="+", choices=SCOPES, default=list(SCOPES), help="what it may do")
        parser.add_argument("--expires-in-days", type=_days, metavar="N")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            merchant = merchant_by_slug(options["merchant"])
        except NotFoundError as problem:
            raise CommandError(problem.message) from problem
        if not 1 <= len(options["name"]) <= 100:
            raise CommandError("--name: an agent's name has 1 to 100 characters.")
        days: int | None = options["expires_in_days"]
        limits = [
            _limit(option, options[option], merchant.currency) for option in ("limit_per_order", "limit_per_day")
        ]
        key, token = issue_key(
            find_or_create_agent(merchant, options["name"]),
            scopes=tuple(options["scopes"]),
            requires_confirmation=options["confirmed_by_buyers"],
            limit_per_order_minor=limits[0],
            limit_per_day_minor=limits[1],
            expires_at=clock.now() + timedelta(days=days) if days else None,
        )
        self.stdout.write(token)
        self.stderr.write(_words(merchant, options["name"], key.scopes, limits, days), self.style.NOTICE)


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 36_500:
        raise ArgumentTypeError("must be a number of days from 1 to 36500")
    return int(text)


def _limit(option: str, text: str | None, currency: str) -> int | None:
    if text is None:
        return None
    try:
        minor = parse_decimal(text, currency)
    except ValueError as problem:
        raise CommandError(f"--{option.replace('_', '-')}: {problem}.") from problem
    if not 0 < minor < 2**63:
        raise CommandError(f"--{option.replace('_', '-')}: {text} is not an amount above zero.")
    return minor


def _words(merchant: Merchant, name: str, scopes: list[str], limits: list[int | None], days: int | None) -> str:
    told = [f"The key of “{name}” at “{merchant.name}”: keep it now, it cannot be shown again."]
    told.append(f"It may use: {', '.join(scopes)}.")
    for limit, unit in zip(limits, ("order", "day"), strict=True):
        if limit is not None:
            told.append(f"It may spend {Money(limit, merchant.currency)} per {unit}.")
    if days:
        told.append(f"It ends in {days} days.")
    if merchant.status != Merchant.Status.ACTIVE:
        told.append("The merchant is paused or not live yet: the key works once it is active.")
    return "\n".join(told)
