"""Load the whole stack and print what it did: `python -m tests.bench --scenario all`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.bench import load, report
from tests.bench.journey import premint
from tests.bench.load import Measured
from tests.bench.meter import memory_megabytes, statements
from tests.bench.stack import Stack, running_stack, running_stack_with_slow_provider, wait_until_quiet

ROUNDS = 2
COUNTED_SECONDS = 3.0
SLOW_BUYERS = 64
SLOW_MS = 300
MEMORY_SECONDS = 60.0


def cycle(stack: Stack, options: argparse.Namespace) -> None:
    """Whole checkouts against the smallest answer of the same server, in turns."""
    hello, run = Measured(), Measured()
    for _ in range(ROUNDS):
        hello.add(load.hello(stack, seconds=options.seconds / ROUNDS / 2, concurrency=options.concurrency))
        run.add(load.checkouts(stack, seconds=options.seconds / ROUNDS, concurrency=options.concurrency))
    with stack.web_alone():
        before = statements(stack.database_url)
        alone = load.checkouts(stack, seconds=COUNTED_SECONDS, concurrency=options.concurrency)
        after = statements(stack.database_url)
    report.latencies(f"Checkouts, {options.concurrency} buyers, {len(stack.target.items)} variants", run)
    hello_ms = hello.cpu_ms("web", "hello")
    report.table(
        "The yardstick",
        ("", ""),
        [
            ("hellos/s", hello.rate("hello")),
            ("p50 ms", hello.milliseconds("hello", 0.5)),
            ("CPU ms per hello (web)", hello_ms),
        ],
    )
    report.table(
        "Rates and costs (CPU in ms per checkout)",
        ("", "all running", "web alone"),
        [(name, cost(run), cost(alone)) for name, cost in _costs(stack, hello_ms).items()],
    )
    report.console.print("“web alone”: a run of its own with worker and beat paused")
    if options.statements:
        report.statements(before, after)
    report.trust(hello, run, alone)


def _costs(stack: Stack, hello_ms: float) -> dict[str, Callable[[Measured], object]]:
    """Return what a run has cost, by the name of the figure."""

    def per_checkout(run: Measured, amount: float) -> float:
        return amount / max(run.count("checkout"), 1)

    def ratio(run: Measured) -> float:
        return (run.cpu_ms("web", "checkout") + run.cpu_ms("postgres", "checkout")) / hello_ms

    groups = {f"CPU, {name}": partial(Measured.cpu_ms, group=name, per="checkout") for name in stack.roots}
    return {
        "checkouts/s": lambda run: run.rate("checkout"),
        **groups,
        "(web + PostgreSQL per checkout) / hello": ratio,
        "statements per checkout": lambda run: per_checkout(run, run.database.statements),
        "begin, commit per checkout": lambda run: per_checkout(run, run.database.transaction_control),
        "WAL bytes per checkout": lambda run: round(per_checkout(run, run.database.wal_bytes)),
        "PostgreSQL's own ms per checkout": lambda run: per_checkout(run, run.database.executed_ms),
    }


def hot(stack: Stack, options: argparse.Namespace) -> None:
    """All buyers want the same thing, against many things, in turns."""
    narrow = replace(stack.target, items=stack.target.items[:1])
    wide, single = Measured(), Measured()
    for _ in range(ROUNDS):
        half = {"seconds": options.seconds / ROUNDS, "concurrency": options.concurrency}
        wide.add(load.checkouts(stack, **half))
        single.add(load.checkouts(stack, target=narrow, **half))
    rates = (wide.rate("checkout"), single.rate("checkout"))
    report.table(
        f"One variant against {len(stack.target.items)}",
        ("", "checkouts/s", "complete p50 ms", "complete p99 ms"),
        [
            (name, run.rate("checkout"), run.milliseconds("complete", 0.5), run.milliseconds("complete", 0.99))
            for name, run in (("many variants", wide), ("one variant", single))
        ],
    )
    report.console.print(f"one variant reaches {rates[1] / rates[0]:.2f} of the rate of many")
    report.trust(wide, single)


def slow(stack: Stack, options: argparse.Namespace) -> None:
    """Many buyers and a provider that takes its time, against what that and the processors allow at best."""
    own = load.checkouts(stack, seconds=options.seconds / 2, concurrency=1)
    own_seconds = own.milliseconds("checkout", 0.5) / 1000
    busy = load.checkouts(stack, seconds=options.seconds / 2, concurrency=SLOW_BUYERS)
    waiting, computing = SLOW_BUYERS / (SLOW_MS / 1000 + own_seconds), busy.rate("checkout")
    limit = min(waiting, computing)
    tokens = asyncio.run(premint(stack.target, count=int(waiting * (options.seconds + 8))))
    stack.set_provider_delay(SLOW_MS)
    target = replace(stack.target, tokens=tokens)
    run = load.checkouts(stack, seconds=options.seconds, concurrency=SLOW_BUYERS, target=target)
    report.latencies(f"{SLOW_BUYERS} buyers, the provider takes {SLOW_MS} ms", run)
    report.table(
        "Against the closed loop's limit",
        ("", ""),
        [
            ("p50 of a checkout of one buyer and without pauses, ms", own_seconds * 1000),
            (f"limit by waiting: {SLOW_BUYERS}/({SLOW_MS} ms + that), checkouts/s", waiting),
            (f"limit by computing: {SLOW_BUYERS} buyers without pauses, checkouts/s", computing),
            ("checkouts/s", run.rate("checkout")),
            ("share of the lower limit", run.rate("checkout") / limit),
            ("create p99 ms", run.milliseconds("create", 0.99)),
        ],
    )
    report.trust(own, busy, run)


def memory(stack: Stack, options: argparse.Namespace) -> None:
    """What a minute of checkouts leaves in the memory of the servers."""
    load.checkouts(stack, seconds=2, concurrency=options.concurrency)
    before = {name: memory_megabytes([root]) for name, root in stack.roots.items()}
    run = load.checkouts(stack, seconds=MEMORY_SECONDS, concurrency=options.concurrency)
    report.table(
        f"Memory (PSS) in MB, {run.count('checkout')} checkouts apart",
        ("", "before", "after"),
        [(name, before[name], memory_megabytes([root])) for name, root in stack.roots.items()],
    )
    report.trust(run)


SCENARIOS: dict[str, Callable[[Stack, argparse.Namespace], None]] = {"cycle": cycle, "hot": hot, "memory": memory}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--scenario", choices=[*SCENARIOS, "slow", "all"], default="cycle")
    parser.add_argument("--statements", action="store_true", help="list what the web processes ask the database")
    options = parser.parse_args()
    wanted = [*SCENARIOS, "slow"] if options.scenario == "all" else [options.scenario]
    report.console.print(f"waiting for a quiet machine: {wait_until_quiet():.2f} cores are busy")
    if plain := [name for name in wanted if name in SCENARIOS]:
        with running_stack() as stack:
            for name in plain:
                report.console.rule(name)
                wait_until_quiet()
                SCENARIOS[name](stack, options)
    if "slow" in wanted:
        with running_stack_with_slow_provider() as stack:
            report.console.rule("slow")
            wait_until_quiet()
            slow(stack, options)


if __name__ == "__main__":
    main()
