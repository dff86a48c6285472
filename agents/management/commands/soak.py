from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agents.soak.command import add_arguments, run


class Command(BaseCommand):
    """Lists the soak among the commands. `manage.py` itself runs it before any settings are read."""

    help = "Let agents buy in a shop of its own while processes die and the provider misbehaves."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - the framework's signature
        sys.exit(run(Namespace(**options)))
