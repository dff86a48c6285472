"""`manage.py soak`: let agents buy in a shop while it breaks, wait until it rests, and say whether all holds."""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from agents.demo.signals import Signals, StopRequested
from agents.soak.buyers import Buyers, Shop
from agents.soak.faults import Faults
from agents.soak.invariants import INVARIANTS, Broken, broken
from agents.soak.leaks import leaks
from agents.soak.rest import come_to_rest
from agents.soak.witnesses import Story, Testimony, hear, stock_of
from agents.soak.world import World

SHORT_WAITS = {
    "STRIPE_READ_TIMEOUT_SECONDS": "3",
    "STRIPE_CONNECT_TIMEOUT_SECONDS": "1",
    "PAYMENT_LEASE_SECONDS": "10",
    "PAYMENT_UNKNOWN_MINUTES": "1",
    "IDEMPOTENCY_LEASE_SECONDS": "10",
    "WEBHOOK_TIMEOUT_SECONDS": "3",
    "AGENT_REQUESTS_PER_MINUTE": "1000000",
}
"""What a process that died held is free after this many seconds; in a shop it takes somewhat longer."""

REST_SECONDS = 600
LEAKED = "I10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkouts", type=int, default=200, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, metavar="S", help="decides what agents do and what breaks; else drawn")
    parser.add_argument("--faults", type=float, default=0.02, metavar="RATE", help="default: %(default)s")
    parser.add_argument("--agents", type=int, default=16, metavar="N", help="at once, default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="leave database, logs and ledger here")


def main(arguments: Sequence[str]) -> int:
    """Run a soak from the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="manage.py soak",
        description="Let agents buy in a shop of its own while processes die and the provider misbehaves, "
        "and compare what provider, database, receiver and agents say afterwards. "
        "Exit code 1 where an invariant is broken.",
    )
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Run a soak and return 0, 1 where an invariant is broken, or 128 and more where somebody stopped it."""
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    console, signals = Console(), Signals()
    signals.listen()
    directory = options.keep or Path(tempfile.mkdtemp(prefix="soak-"))
    console.print(
        f"{options.checkouts} checkouts, {options.agents} at once, faults at {options.faults}, seed {seed}"
    )
    world = World(directory, environment=SHORT_WAITS | {"EMAIL_URL": f"file://{directory}/mails"}, signals=signals)
    try:
        outcome = _Soak(world, options, seed, console).perform()
    except StopRequested as request:
        return 128 + request.number
    finally:
        world.stop()
        if options.keep is None:
            shutil.rmtree(directory, ignore_errors=True)
    _print(console, outcome)
    if options.json:
        options.json.write_text(json.dumps(outcome.document(), indent=2) + "\n")
    return 1 if outcome.broken else 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a soak."""

    seed: int
    seconds: float
    rest_seconds: float
    stories: Sequence[Story]
    faults: dict[str, int]
    orders: int
    webhooks: int
    charged_minor: int
    broken: Sequence[Broken]

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "seed": self.seed,
            "checkouts": len(self.stories),
            "seconds": round(self.seconds, 1),
            "seconds_until_rest": round(self.rest_seconds, 1),
            "ended": dict(Counter(story.ended for story in self.stories)),
            "completes": completes(self.stories),
            "orders": self.orders,
            "webhooks": self.webhooks,
            "charged_minor": self.charged_minor,
            "faults": self.faults,
            "broken": [asdict(one) for one in self.broken],
            "problems": [f"{story.number}: {story.problem}" for story in self.stories if story.problem],
        }


def completes(stories: Sequence[Story]) -> int:
    """Count the payments agents asked for, each once however often it was asked again."""
    return sum(len({one.key for one in story.answers if one.call.endswith("/complete")}) for story in stories)


class _Soak:
    def __init__(self, world: World, options: argparse.Namespace, seed: int, console: Console) -> None:
        self._world = world
        self._options = options
        self._seed = seed
        self._console = console
        self._faults = Faults(world, rate=options.faults, seed=seed)

    def perform(self) -> Outcome:
        started = time.monotonic()
        world = self._world
        world.start()
        stock = self._fill_shelves()
        world.tell(self._faults.environment())
        world.restart("beat", "chat", "worker", "web")
        if self._options.faults:
            self._faults.begin()
        stories = self._let_buy()
        self._faults.end()
        resting = time.monotonic()
        come_to_rest(world, seconds=REST_SECONDS)
        told = hear(world, stories=stories, stock=stock)
        found = [
            *broken(told),
            *(Broken(LEAKED, place, f"{what} is written there") for place, what in leaks(world)),
        ]
        return Outcome(
            seed=self._seed,
            seconds=time.monotonic() - started,
            rest_seconds=time.monotonic() - resting,
            stories=stories,
            faults=self._faults.counts(),
            orders=len(told.database.orders),
            webhooks=len(told.received),
            charged_minor=_charged(told),
            broken=found,
        )

    def _fill_shelves(self) -> dict[str, int]:
        """Have enough of two things, and too little of two."""
        count = self._options.checkouts
        wanted = (10 * count, 10 * count, max(count // 20, 1), max(count // 100, 1))
        with psycopg.connect(self._world.stack.database_url, autocommit=True) as connection:
            for item, units in zip(self._world.facts.items["in_stock"], wanted, strict=True):
                connection.execute(
                    "UPDATE inventory_stockitem SET on_hand = %s, allow_backorder = FALSE WHERE variant_id = %s",
                    (units, item),
                )
        return stock_of(self._world)

    def _let_buy(self) -> list[Story]:
        """Have agents buy in threads, while this one, the main thread, breaks things."""
        facts, stack = self._world.facts, self._world.stack
        plenty, scarce = facts.items["in_stock"][:2], facts.items["in_stock"][2:]
        shop = Shop(
            base_url=stack.base_url,
            agent_key=facts.agent_key,
            handler_id=facts.handler_id,
            currency=facts.currency.lower(),
            items=tuple(plenty),
            scarce=tuple(scarce),
            stripe_api_base=stack.stripe_api_base,
            stripe_secret_key=stack.stripe_secret_key,
        )
        buyers = Buyers(shop, seed=self._seed, at_once=self._options.agents)
        done: list[Story] = []
        said = time.monotonic()
        with ThreadPoolExecutor(self._options.agents) as pool:
            playing: set[Future[Story]] = {pool.submit(buyers.play, one) for one in range(self._options.checkouts)}
            try:
                while playing:
                    self._faults.tick()
                    ended, playing = wait(playing, 0, FIRST_COMPLETED)
                    done += [one.result() for one in ended]
                    if time.monotonic() - said > 30:
                        said = time.monotonic()
                        self._console.print(f"{len(done)} of {self._options.checkouts}")
            except BaseException:
                buyers.stop()
                pool.shutdown(cancel_futures=True)
                raise
        return sorted(done, key=lambda story: story.number)


def _charged(told: Testimony) -> int:
    return sum(one["captured"] - one["refunded"] for one in told.ledger.values())


def _print(console: Console, outcome: Outcome) -> None:
    document = outcome.document()
    ended = Table("How purchases ended", "", title="Agents")
    for how, count in sorted(document["ended"].items()):
        ended.add_row(how, str(count))
    console.print(ended)
    faults = Table("Injected", "times", title="Faults")
    for kind, count in outcome.faults.items():
        faults.add_row(kind, str(count))
    console.print(faults)
    held = Table("", "must hold", "broken", title="Invariants")
    counts = Counter(one.invariant for one in outcome.broken)
    names = {name: said for name, (said, _) in INVARIANTS.items()} | {LEAKED: "no secret in a log or a row"}
    for name, said in names.items():
        held.add_row(name, said, str(counts[name]), style="bold red" if counts[name] else "")
    console.print(held)
    for one in outcome.broken[:20]:
        console.print(f"{one.invariant} {one.subject}: {one.what}", style="red")
    for problem in document["problems"][:10]:
        console.print(problem, style="yellow")
    console.print(
        f"seed {outcome.seed}: {document['completes']} payments asked for, {outcome.orders} orders, "
        f"{outcome.webhooks} webhooks, {sum(outcome.faults.values())} faults, {outcome.seconds:.0f} s, "
        f"of which {outcome.rest_seconds:.0f} s to come to rest"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
