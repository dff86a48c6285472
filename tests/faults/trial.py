"""A running shop that is broken on purpose, what was bought in it, and the check of all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from agents.client import Http
from agents.soak.buyers import Buyers, Shop
from agents.soak.command import SHORT_WAITS
from agents.soak.invariants import Broken, broken
from agents.soak.rest import come_to_rest
from agents.soak.witnesses import Story, hear, stock_of
from agents.soak.world import World
from tests.journeys.running import SHOP_GUARD, wait_until

SHORTEST_WAITS = SHORT_WAITS | {
    "STRIPE_READ_TIMEOUT_SECONDS": "2",
    "PAYMENT_LEASE_SECONDS": "4",
    "IDEMPOTENCY_LEASE_SECONDS": "4",
}


def armed_at(directory: Path) -> Path:
    """Return the file that says where the next process dies."""
    return directory / "failpoint"


def what_is_broken(world: World, *, stock: Mapping[str, int], stories: Sequence[Story] = ()) -> list[Broken]:
    """Wait until nothing is left to do, and compare what everybody says of all sessions that there ever were.

    `stories` are those whose agents noted what they were told, `stock` is what there was to sell at first.
    """
    come_to_rest(world, seconds=SHOP_GUARD)
    with psycopg.connect(world.stack.database_url, autocommit=True) as connection:
        sessions = {
            str(one) for (one,) in connection.execute("SELECT id FROM checkout_checkoutsession").fetchall()
        }
    others = sorted(sessions - {story.session_id for story in stories})
    unheard = [Story(-number, session_id=one) for number, one in enumerate(others, 1)]
    return broken(hear(world, stories=[*stories, *unheard], stock=stock))


class Trial:
    """One world, and all that was bought in it so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.stories: list[Story] = []
        self._stock = stock_of(world)
        self._provider = Http(world.stack.stripe_api_base)
        self._pool = ThreadPoolExecutor(4)
        facts, stack = world.facts, world.stack
        shop = Shop(
            base_url=stack.base_url,
            agent_key=facts.agent_key,
            handler_id=facts.handler_id,
            currency=facts.currency.lower(),
            items=tuple(facts.items["in_stock"]),
            scarce=(),
            stripe_api_base=stack.stripe_api_base,
            stripe_secret_key=stack.stripe_secret_key,
        )
        self._buyers = Buyers(shop, seed=1, at_once=4)
        self._begun = 0

    def begin(self) -> Future[Story]:
        """Have an agent buy, that asks again until it is told."""
        self._begun += 1
        return self._pool.submit(self._buyers.play_plainly, self._begun)

    def end(self, buying: Future[Story]) -> str:
        """Wait for an agent and return what its session is now."""
        story = buying.result(SHOP_GUARD)
        assert not story.problem, story.problem
        self.stories.append(story)
        return story.ended

    def buy(self) -> Story:
        """Buy something, and wait until it is paid, captured and told."""
        assert self.end(self.begin()) == "completed"
        self.check()
        return self.stories[-1]

    def cancel(self, story: Story) -> None:
        """Cancel an order, whose payment is given back."""
        assert self._buyers.cancel_order(story).ended == "order canceled", story.problem

    @contextmanager
    def dying_at(self, point: str) -> Iterator[None]:
        """Have the first process that reaches a point die there."""
        armed = armed_at(self.world.places.directory)
        armed.with_suffix(".new").write_text(f"{point}=kill")
        armed.with_suffix(".new").rename(armed)
        yield
        wait_until(lambda: not armed.exists(), f"nobody died at {point}")

    @contextmanager
    def misbehaving(self, call: str, fault: str, *, times: int, seconds: str = "") -> Iterator[None]:
        """Have the provider answer some calls wrongly, or its events come wrongly; it has to happen."""
        key = {"key": self.world.stack.stripe_secret_key}
        rule = {**key, "call": call, "fault": fault, "times": times, **({"seconds": seconds} if seconds else {})}
        self._provider.post("/_sandbox/chaos", urlencode(rule).encode())
        path = f"/_sandbox/chaos?{urlencode(key)}"
        try:
            yield
            assert sum(one["hits"] for one in self._provider.get(path)["rules"]) > 0
        finally:
            self._provider.delete(path)

    def check(self) -> None:
        assert what_is_broken(self.world, stock=self._stock, stories=self.stories) == []

    def close(self) -> None:
        self._buyers.stop()
        self._pool.shutdown(cancel_futures=True)
