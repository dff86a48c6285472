"""Conversations at once in a running shop, and how long it takes from the click to the order: `python -m tests.bench.chat`.

The rules answer, so that the figures are the shop's own; a language model's time comes on top.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from tests.bench import report
from tests.bench.stack import Stack, running_stack

PATIENCE = 120.0
LOOK = 0.02


@dataclass
class Figures:
    """Seconds of each turn, and from each click to its order; how many connections PostgreSQL had at most."""

    turns: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    connections: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.chat", description=__doc__)
    parser.add_argument("--conversations", type=int, default=50)
    parser.add_argument("--clicks", type=int, default=40, help="purchases one after the other")
    options = parser.parse_args()
    with running_stack() as stack:
        _connect(stack)
        alone = Figures()
        for _ in range(options.clicks):
            _converse(stack, alone)
        together = _together(stack, options.conversations)
    rows = [
        ("click to order, one after the other", *_row(alone.clicks)),
        ("a turn, one after the other", *_row(alone.turns)),
        (f"click to order, {options.conversations} at once", *_row(together.clicks)),
        (f"a turn, {options.conversations} at once", *_row(together.turns)),
    ]
    report.table("The chat, answered by rules", ("", "times", "p50 ms", "p95 ms", "p99 ms"), rows)
    problems = alone.problems + together.problems
    told = f"{len(problems)} went wrong; PostgreSQL had at most {together.connections} connections"
    report.console.print(told, *sorted(set(problems))[:5], sep="\n")


def _connect(stack: Stack) -> None:
    """Have this process use the shop's database and broker."""
    ready = stack.ready
    os.environ |= {
        "DATABASE_URL": stack.database_url,
        "REDIS_URL": ready["redis_url"],
        "STRIPE_SECRET_KEY": ready["stripe_secret_key"],
        "STRIPE_API_BASE": ready["stripe_api_base"],
        "DJANGO_SETTINGS_MODULE": "commerce.settings",
    }
    import django

    django.setup()


def _together(stack: Stack, count: int) -> Figures:
    figures, is_over = Figures(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(stack, figures, is_over))
    watcher.start()
    with ThreadPoolExecutor(count) as pool:
        for _ in pool.map(lambda _: _converse(stack, figures), range(count)):
            pass
    is_over.set()
    watcher.join()
    return figures


def _watch(stack: Stack, figures: Figures, is_over: threading.Event) -> None:
    import psycopg

    with psycopg.connect(stack.database_url, autocommit=True) as own:
        while not is_over.wait(0.2):
            row = own.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            ).fetchone()
            figures.connections = max(figures.connections, row[0] if row else 0)


def _converse(stack: Stack, figures: Figures) -> None:
    from django.db import connections

    try:
        _buy(stack, figures)
    except (TimeoutError, RuntimeError) as problem:
        figures.problems.append(str(problem))
    finally:
        connections.close_all()


def _buy(stack: Stack, figures: Figures) -> None:
    """Buy one thing in words and a click."""
    from django.utils import timezone

    from agents.chat import services
    from agents.chat.models import ChatEvent
    from agents.demo.conversation import ADDRESS, CARD
    from commerce.accounts.models import Merchant
    from commerce.catalog.models import Variant
    from commerce.checkout.challenges import visit_payment
    from commerce.wallet.services import add_card, welcome_guest

    now = timezone.now
    variant = Variant.objects.select_related("product").get(pk=stack.ready["items"]["in_stock"][0])
    called = ", ".join((variant.product.title, *variant.option_values))
    shopper = welcome_guest().shopper
    card = add_card(shopper, CARD, now=now())
    chat = services.begin_conversation(shopper, Merchant.objects.get(slug=stack.ready["merchant"]), now=now())
    for words in (f"One {called}", "Yes, please", f"Send it to {ADDRESS}", "The cheapest shipping, please"):
        started = time.monotonic()
        turn = services.say(chat.pk, words, now=now())
        _wait(partial(_is_over, turn.pk), f"no answer to {words!r}")
        figures.turns.append(time.monotonic() - started)
        chat.refresh_from_db()
        if chat.question_checkout:
            break
    if not chat.question_checkout:
        raise RuntimeError("the assistant did not ask to pay")
    session = chat.question_checkout
    terms = visit_payment(session, now=now()).terms
    started = time.monotonic()
    services.confirm_order(
        chat.pk, session_id=session, terms=terms, card_id=card.pk, evidence={"address": "bench"}, now=now()
    )
    _wait(lambda: ChatEvent.objects.filter(conversation=chat, kind="order").exists(), "no order")
    figures.clicks.append(time.monotonic() - started)


def _is_over(turn_id: str) -> bool:
    from agents.chat.models import Turn

    return Turn.objects.filter(pk=turn_id, status__in=["done", "failed"]).exists()


def _wait(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(what)
        time.sleep(LOOK)


def _row(seconds: Sequence[float]) -> tuple[str, ...]:
    ordered = sorted(seconds)
    shares = [
        ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
        for share in (0.5, 0.95, 0.99)
    ]
    return (str(len(ordered)), *(f"{share * 1000:.0f}" for share in shares))


if __name__ == "__main__":
    main()
