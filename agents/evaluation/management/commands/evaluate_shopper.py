from __future__ import annotations

import argparse
import json
import logging
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.test.runner import DiscoverRunner
from django.test.testcases import LiveServerThread
from rich.console import Console
from rich.table import Table

from agents.demo.agent import Stripe
from agents.evaluation.judging import read_ledger, stray_charges
from agents.evaluation.playing import Play, Played
from agents.evaluation.report import document, table
from agents.evaluation.scenarios import SCENARIOS
from agents.evaluation.script import Scenario
from agents.evaluation.siege import besieged
from agents.evaluation.ways import InOneProcess
from agents.shopper.checkpoints import prepare_checkpoints
from commerce.embedded import EmbeddedStripeSandbox

COLUMNS = ("family", "success", "safe", "turns", "calls", "invented", "seconds", "what was wrong")


class Command(BaseCommand):
    help = (
        "Have scripted shoppers buy from the configured model, in a shop and a database of their own, and judge "
        "it by what the database and the payment provider say. Ends with 1 after a wrong charge."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--times", type=int, default=1, help="runs of each family; all must succeed for pass^k"
        )
        parser.add_argument(
            "--faults", type=float, default=0.0, help="rate at which the worker is killed at a request"
        )
        parser.add_argument(
            "--kill-every",
            type=float,
            metavar="SECONDS",
            help="play against real processes, of which one is killed every so often",
        )
        parser.add_argument("--shoppers", type=int, default=8, help="how many shop at once, of real processes")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--only", default="", help="families whose name contains this")
        parser.add_argument("--json", type=Path, help="where to write everything, with transcripts of failures")

    def handle(self, *, only: str, times: int, json: Path | None, **options: Any) -> None:
        chosen = [one for one in SCENARIOS if only.lower() in one.family.lower()]
        if not chosen or times < 1:
            raise CommandError("No family is called so." if not chosen else "--times must be 1 or more.")
        told = (
            self._besieged(chosen, times, options)
            if options["kill_every"]
            else self._alone(chosen, times, options)
        )
        self._show(told)
        if json:
            json.write_text(_text(told))
        if told["wrong_charges"] or told["orders_without_grant"] or told["duplicate_orders"]:
            raise CommandError("Something was charged that should not have been.")

    def _alone(self, chosen: list[Scenario], times: int, options: dict[str, Any]) -> dict[str, Any]:
        """Play everything in this process."""
        faults, seed = options["faults"], options["seed"]
        with _shop_of_its_own() as stripe:
            runs = {one.family: self._played(one, stripe, times, faults, seed) for one in chosen}
            stray = stray_charges(read_ledger(stripe))
        model = settings.SHOPPER_MODEL or "rules only"
        return document(runs, stray_charges=stray, model=model, seed=seed, faults=faults)

    def _besieged(self, chosen: list[Scenario], times: int, options: dict[str, Any]) -> dict[str, Any]:
        """Play everything against real processes, and kill them meanwhile."""
        families = [one.family for one in chosen]
        with tempfile.TemporaryDirectory() as folder:
            return besieged(
                Path(folder),
                families,
                times=times,
                shoppers=options["shoppers"],
                every=options["kill_every"],
                seed=options["seed"],
            )

    def _played(self, scenario: Scenario, stripe: Stripe, times: int, faults: float, seed: int) -> list[Played]:
        played = [_judged(scenario, stripe, InOneProcess(faults, seed * 1000 + run)) for run in range(times)]
        self.stderr.write(f"{scenario.family}: {sum(one.verdict.is_success for one in played)}/{times}")
        return played

    def _show(self, told: dict[str, Any]) -> None:
        console = Console()
        shown = Table(*COLUMNS, title=f"Assistant: {told['model']}")
        for row in table(told):
            shown.add_row(*row)
        console.print(shown)
        names = ("runs", "success", "families_passed_every_time", "wrong_charges", "orders_without_grant")
        for name in (*names, "duplicate_orders", "invented_ids", "faults_injected", "seed", "seconds"):
            self.stdout.write(f"{name.replace('_', ' ')}: {told[name]}")
        for name, count in told.get("killed", {}).items():
            self.stdout.write(f"killed {name}: {count}")


def _judged(scenario: Scenario, stripe: Stripe, way: InOneProcess) -> Played:
    play = Play.begun(scenario, way)
    play.converse()
    return play.judged(read_ledger(stripe))


@contextmanager
def _shop_of_its_own() -> Iterator[Stripe]:
    """Run a shop on a database of its own, with a payment provider of its own, as long as the context lasts."""
    logging.disable(logging.CRITICAL)
    runner = DiscoverRunner(verbosity=0, interactive=False, keepdb=False)
    connections["default"].settings_dict["TEST"]["NAME"] = f"evaluation_{uuid.uuid4().hex[:12]}"
    databases = runner.setup_databases()
    with tempfile.TemporaryDirectory() as folder:
        sandbox = EmbeddedStripeSandbox(Path(folder))
        server = LiveServerThread("127.0.0.1", StaticFilesHandler)
        server.daemon = True
        try:
            settings.STRIPE_API_BASE, settings.STRIPE_EMBEDDED_SANDBOX = sandbox.attach(), False
            settings.STRIPE_SECRET_KEY = f"sk_test_{uuid.uuid4().hex}"
            server.start()
            server.is_ready.wait()
            settings.SHOPPER_API_BASE = f"http://127.0.0.1:{server.port}"
            prepare_checkpoints()
            yield Stripe(settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY)
        finally:
            server.terminate()
            sandbox.detach()
            connections.close_all()
            runner.teardown_databases(databases)
            logging.disable(logging.NOTSET)


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, indent=1)
