from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from commerce import clock
from commerce.outbox.services import replay_dead


class Command(BaseCommand):
    help = "Make every event that was given up due again."

    def handle(self, *_args: object, **_options: Any) -> None:
        revived = replay_dead(now=clock.now())
        self.stdout.write(f"{revived} dead {'event is' if revived == 1 else 'events are'} due again.")
