from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commerce import clock
from commerce.checkout.sweeps import resume_interrupted
from commerce.inbox.provider_events import accounts_to_look_through
from commerce.money import decimal_text
from commerce.payments.gateway import ProviderUnreachableError
from commerce.reconciliation.models import Difference
from commerce.reconciliation.services import Comparison, Side, Sums, compare_account

DIFFERENT = 1
UNREACHABLE = 2


class Command(BaseCommand):
    help = (
        "Compare what was paid with the payment provider's books. Differences are shown and kept, not put right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        text = "how far back: 90m, 2h, 3d, or a time such as 2026-11-23T08:00 (UTC); a day unless given"
        parser.add_argument("--since", type=_moment, default="1d", help=text)

    def handle(self, *_args: object, **options: Any) -> None:
        now, since = clock.now(), options["since"]
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        if ended := resume_interrupted(now=now):
            console.print(f"Taken up again, of unknown outcome until now: {ended}.")
        comparisons, silent = [], []
        for account_id in (None, *accounts_to_look_through(now=now)):
            try:
                comparisons.append(compare_account(account_id, since=since, now=now))
            except ProviderUnreachableError as problem:
                silent.append(f"{account_id or 'the account of this installation'}: {problem}")
        _print_sums(console, comparisons, since)
        differences = list(Difference.objects.open().order_by("first_seen_at", "pk"))
        _print_differences(console, differences)
        if silent:
            text = "The payment provider does not answer; nothing was compared of"
            raise CommandError(f"{text} {'; '.join(silent)}", returncode=UNREACHABLE)
        if differences:
            raise CommandError(f"{len(differences)} open. Look at them in the admin.", returncode=DIFFERENT)


def _moment(text: str) -> datetime:
    if found := re.fullmatch(r"(\d{1,4})([mhd])", text):
        unit = {"m": "minutes", "h": "hours", "d": "days"}[found[2]]
        return clock.now() - timedelta(**{unit: int(found[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise ArgumentTypeError(f"{text!r} is no time; give 2h, 3d or 2026-11-23T08:00") from problem
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_default_timezone())
    if moment >= clock.now():
        raise ArgumentTypeError(f"{text!r} is not in the past")
    return moment


def _print_sums(console: Console, comparisons: Iterable[Comparison], since: datetime) -> None:
    table = Table(
        "Account",
        "",
        "Payments",
        "Authorized",
        "Captured",
        "Given back",
        title=f"Since {since:%Y-%m-%d %H:%M} UTC",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for one in comparisons:
        name = str(one.account) if one.account else "of this installation"
        for sums in one.sums or [Sums("", Side(), Side())]:
            table.add_row(Text(name), "provider", *_cells(sums.provider, sums.currency))
            table.add_row("", "ours", *_cells(sums.ours, sums.currency), end_section=True)
    console.print(table)
    for count, text in (
        (sum(one.under_way for one in comparisons), "under way and not compared"),
        (sum(one.others for one in comparisons), "made by other installations"),
        (sum(one.unread for one in comparisons), "different, too many to look at by themselves; run it again"),
    ):
        if count:
            console.print(f"Payments {text}: {count:,}.")


def _cells(side: Side, currency: str) -> list[str]:
    amounts = (side.authorized_minor, side.captured_minor, side.refunded_minor)
    written = [f"{decimal_text(minor, currency)} {currency.upper()}" if currency else "–" for minor in amounts]  # noqa: RUF001
    return [f"{side.payments:,}", *written]


def _print_differences(console: Console, differences: Iterable[Difference]) -> None:
    table = Table("Difference", "Payment", "Provider", "Ours", "Since")
    for one in differences:
        words = (one.get_kind_display(), one.subject, one.provider_says, one.we_say)
        table.add_row(*(Text(word) for word in words), f"{one.first_seen_at:%m-%d %H:%M}")
    console.print(table if table.row_count else "No differences.")
