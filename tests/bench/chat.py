"""How many can talk in one shop, and how long it takes from the click to the receipt: `python -m tests.bench.chat`.

Shoppers speak over HTTP, as browsers do. The rules answer, so that the figures are the shop's own; a language
model's time comes on top.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import psycopg

from agents.client import Agent
from agents.demo.conversation import ADDRESS
from tests.bench import report
from tests.bench.chat_browser import ChatBrowser, PageError
from tests.bench.stack import Stack, running_stack


@dataclass
class Figures:
    """Seconds of each turn, from each click to its receipt, and of each page; PostgreSQL's connections at most."""

    turns: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    connections: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.chat", description=__doc__)
    parser.add_argument("--conversations", type=int, default=50)
    parser.add_argument("--clicks", type=int, default=40, help="purchases one after the other")
    options = parser.parse_args()
    with running_stack() as stack:
        item, alone = _item(stack), Figures()
        for number in range(options.clicks):
            _shop(stack, item, alone, number)
        together = _together(stack, item, options.conversations)
    _print(alone, "one after the other")
    _print(together, f"{options.conversations} at once")
    report.console.print(f"PostgreSQL had at most {together.connections} connections")
    sys.exit(1 if alone.problems or together.problems else 0)


def _print(figures: Figures, how: str) -> None:
    rows = [
        ("click to receipt", *_row(figures.clicks)),
        ("words to answer", *_row(figures.turns)),
        ("page with all of it", *_row(figures.pages)),
    ]
    report.table(f"The chat, answered by rules, {how}", ("", "times", "p50 ms", "p95 ms", "p99 ms"), rows)
    for problem, count in Counter(figures.problems).most_common():
        report.console.print(f"{count} times {problem}", style="red", markup=False)


def _together(stack: Stack, item: str, count: int) -> Figures:
    figures, is_over = Figures(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(stack, figures, is_over))
    watcher.start()
    try:
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda number: _shop(stack, item, figures, number), range(count)))
    finally:
        is_over.set()
        watcher.join()
    return figures


def _watch(stack: Stack, figures: Figures, is_over: threading.Event) -> None:
    """Count PostgreSQL's connections until it is over, or until PostgreSQL is."""
    with suppress(psycopg.Error), psycopg.connect(stack.database_url, autocommit=True) as own:
        while not is_over.wait(0.2):
            ((count,),) = own.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            ).fetchall()
            figures.connections = max(figures.connections, count - 1)


def _shop(stack: Stack, item: str, figures: Figures, number: int) -> None:
    """Be one shopper, and note what went wrong."""
    address = f"127.1.{number // 250}.{number % 250 + 1}"
    browser = ChatBrowser(stack.base_url, stack.ready["merchant"], address=address)
    try:
        _buy(browser, item, figures)
    except PageError as problem:
        figures.problems.append(str(problem))
    finally:
        browser.close()


def _buy(browser: ChatBrowser, item: str, figures: Figures) -> None:
    """Buy one thing in words and a click."""
    wishes = (f"One {item}", "Yes, please", f"Send it to {ADDRESS}", "The cheapest shipping, please")
    for number, words in enumerate(wishes):
        say = browser.say if number else browser.begin
        figures.turns.append(_seconds(partial(say, words)))
        if browser.pay_form:
            break
    if not browser.pay_form:
        raise PageError("the assistant did not ask to pay")
    figures.clicks.append(_seconds(browser.pay))
    figures.pages.append(_seconds(browser.look))


def _seconds(act: Callable[[], object]) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started


def _item(stack: Stack) -> str:
    """Return what a shopper calls the thing to buy: its title and which of it."""
    agent = Agent(stack.base_url, stack.ready["agent_key"])
    wanted = stack.ready["items"]["in_stock"][0]
    (product,) = agent.post("/catalog/lookup", {"items": [{"id": wanted}]})["products"]
    agent.close()
    options = next(one["options"] for one in product["variants"] if one["id"] == wanted)
    return ", ".join((product["title"], *(one["value"] for one in options)))


def _row(seconds: Sequence[float]) -> tuple[str, ...]:
    ordered = sorted(seconds)
    shares = [
        ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
        for share in (0.5, 0.95, 0.99)
    ]
    return (str(len(ordered)), *(f"{share * 1000:.0f}" for share in shares))


if __name__ == "__main__":
    main()
