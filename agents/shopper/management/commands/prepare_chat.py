from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from agents.shopper.checkpoints import prepare_checkpoints


class Command(BaseCommand):
    help = "Create or upgrade the tables in which conversations are kept. Run it after migrate; it may run again."

    def handle(self, **_: Any) -> None:
        prepare_checkpoints()
        self.stdout.write("The tables of conversations are ready.")
