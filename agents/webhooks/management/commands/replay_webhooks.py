from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from agents.webhooks.models import Delivery
from agents.webhooks.replays import replay
from commerce import clock


class Command(BaseCommand):
    help = "Send order events again: those that fulfil every condition given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--endpoint", metavar="ID", help="to this endpoint: we_…")
        parser.add_argument("--order", metavar="NUMBER", help="of this order, such as R4QK-7MWX-2P")
        parser.add_argument("--dead", action="store_true", help="that were given up")
        parser.add_argument("--since", metavar="TIME", help="planned since, such as 2026-04-17T09:30 (UTC)")

    def handle(self, *_args: object, **options: Any) -> None:
        count = replay(_chosen(options), now=clock.now())
        self.stdout.write(f"{count} {'delivery' if count == 1 else 'deliveries'} will be sent again.")


def _chosen(options: dict[str, Any]) -> QuerySet[Delivery]:
    conditions = {
        "endpoint": options["endpoint"],
        "order__number": options["order"],
        "status": Delivery.Status.DEAD if options["dead"] else None,
        "created_at__gte": _moment(options["since"]) if options["since"] else None,
    }
    given = {name: value for name, value in conditions.items() if value is not None}
    if not given:
        raise CommandError("Say which: --endpoint, --order, --dead or --since.")
    return Delivery.objects.filter(**given)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise CommandError("Write the time as 2026-04-17T09:30.") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
