"""Search a shop of a hundred thousand variants over HTTP and print how long it takes: `python -m tests.bench.search`."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import psycopg
import urllib3

from tests.bench import report
from tests.bench.catalog import COLORS, KINDS, MANNERS, MATERIALS, SIZES, fill
from tests.bench.stack import Stack, running_stack, wait_until_quiet

Query = dict[str, object]

_SLIPS = ("jaket", "troussers", "hamock", "waterprof", "titanum", "blankett", "insultated")


def _questions(chance: random.Random) -> dict[str, Callable[[], Query]]:
    """Return what agents ask, by kind; each call makes another question of its kind."""

    def kind() -> str:
        return chance.choice(KINDS).lower()

    def material() -> str:
        return chance.choice(MATERIALS).lower()

    return {
        "one word, a third has it": lambda: {"q": material()},
        "two words": lambda: {"q": f"{material()} {kind()}"},
        "three words and a color": lambda: {
            "q": f"{chance.choice(MANNERS)} {material()} {kind()} {chance.choice(COLORS)}"
        },
        "two words below a price": lambda: {
            "q": f"{material()} {kind()}",
            "price_max": chance.randrange(1500, 9000),
        },
        "two words, available, color and size": lambda: {
            "q": f"{material()} {kind()}",
            "availability": "available",
            "option": [f"Color:{chance.choice(COLORS)}", f"Size:{chance.choice(SIZES)}"],
        },
        "two words, cheapest first": lambda: {"q": f"{material()} {kind()}", "sort": "price"},
        "two words with facets": lambda: {"q": f"{material()} {kind()}", "facets": "true"},
        "a slip of the finger": lambda: {"q": f"{chance.choice(_SLIPS)} {material()}"},
        "not carried": lambda: {"q": f"{material()} espresso {kind()}"},
        "everything by title": dict,
        "everything, newest first": lambda: {"sort": "newest"},
        "everything, cheapest first": lambda: {"sort": "price"},
        "a category below a price": lambda: {"category": "Bags", "price_max": chance.randrange(700, 3000)},
    }


class Asker:
    """Sends one kind of call after the other and keeps how long each took."""

    def __init__(self, stack: Stack) -> None:
        self._base = stack.base_url
        self._headers = {"Authorization": f"Bearer {stack.ready['agent_key']}"}
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)

    def search(self, query: Query) -> tuple[float, dict[str, object]]:
        return self._timed("GET", f"/catalog/search?{urlencode(query, doseq=True)}")

    def look_up(self, items: list[dict[str, str]]) -> tuple[float, dict[str, object]]:
        return self._timed("POST", "/catalog/lookup", json.dumps({"items": items}).encode())

    def page(self, path: str) -> float:
        started = time.perf_counter()
        assert self._pool.request("GET", self._base + path).status == 200, path
        return time.perf_counter() - started

    def _timed(self, method: str, path: str, body: bytes | None = None) -> tuple[float, dict[str, object]]:
        headers = {**self._headers, "Content-Type": "application/json"} if body else self._headers
        started = time.perf_counter()
        answer = self._pool.request(method, self._base + path, body=body, headers=headers)
        seconds = time.perf_counter() - started
        assert answer.status == 200, answer.data[:500]
        return seconds, answer.json()


def measure(stack: Stack, *, rounds: int, seed: int) -> Iterator[tuple[str, list[float]]]:
    """Yield each kind of call with how long it took, one at a time."""
    asker, chance = Asker(stack), random.Random(seed)
    for name, make in _questions(chance).items():
        for _ in range(3):
            asker.search(make())
        yield name, [asker.search(make())[0] for _ in range(rounds)]
    yield "the fifth page of one word", [_fifth_page(asker, chance) for _ in range(rounds // 4)]
    skus, paths = _known(stack, chance, rounds)
    yield "50 SKUs looked up", [asker.look_up(_fifty(skus, chance))[0] for _ in range(rounds // 2)]
    yield "a product's page", [asker.page(path) for path in paths]
    shop = paths[0].rsplit("/", 1)[0]
    yield "the shop's page", [asker.page(shop) for _ in range(rounds)]


def _fifth_page(asker: Asker, chance: random.Random) -> float:
    query: Query = {"q": chance.choice(MATERIALS)}
    for _ in range(4):
        _, page = asker.search(query)
        query["cursor"] = page["next_cursor"]
    return asker.search(query)[0]


def _fifty(skus: list[str], chance: random.Random) -> list[dict[str, str]]:
    return [{"sku": sku} for sku in chance.sample(skus, 50)]


def _known(stack: Stack, chance: random.Random, count: int) -> tuple[list[str], list[str]]:
    """Return some SKUs and some addresses of products."""
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            """
            SELECT v.sku, '/products/' || m.slug || '/' || p.handle FROM catalog_variant v
            JOIN catalog_product p ON p.id = v.product_id JOIN accounts_merchant m ON m.id = v.merchant_id
            WHERE m.slug = %s AND v.sku LIKE 'IT-%%' ORDER BY v.id LIMIT 1000
            """,
            [stack.ready["merchant"]],
        ).fetchall()
    chance.shuffle(rows)
    return [sku for sku, _ in rows], [path for _, path in rows[:count]]


def many_at_once(stack: Stack, *, clients: int, seconds: float) -> list[float]:
    """Return how long searches of all kinds took while so many clients asked at once."""

    def ask(seed: int) -> list[float]:
        asker, chance = Asker(stack), random.Random(seed)
        makers = list(_questions(chance).values())
        until, took = time.monotonic() + seconds, []
        while time.monotonic() < until:
            took.append(asker.search(chance.choice(makers)())[0])
        return took

    with ThreadPoolExecutor(clients) as pool:
        return [one for took in pool.map(ask, range(clients)) for one in took]


def _percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=__doc__)
    parser.add_argument("--variants", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with running_stack() as stack:
        started = time.monotonic()
        with psycopg.connect(stack.database_url) as connection:
            row = connection.execute(
                "SELECT id FROM accounts_merchant WHERE slug = %s", [stack.ready["merchant"]]
            ).fetchone()
        assert row is not None
        fill(stack.database_url, merchant_id=row[0], variants=options.variants)
        report.console.print(f"{options.variants} variants written in {time.monotonic() - started:.0f} s")
        report.console.print(f"waiting for a quiet machine: {wait_until_quiet():.2f} cores are busy")
        rows, everything = [], []
        for name, times in measure(stack, rounds=options.rounds, seed=options.seed):
            rows.append((name, len(times), *(_percentile(times, share) for share in (0.5, 0.95, 0.99))))
            everything += times
        rows.append(
            ("all of these", len(everything), *(_percentile(everything, share) for share in (0.5, 0.95, 0.99)))
        )
        columns = ("", "calls", "p50 ms", "p95 ms", "p99 ms")
        report.table(f"One after the other, {options.variants} variants", columns, rows)
        times = many_at_once(stack, clients=options.clients, seconds=options.seconds)
        shares = [_percentile(times, share) for share in (0.5, 0.95, 0.99)]
        rate = len(times) / options.seconds
        report.table(
            f"{options.clients} agents at once, all kinds",
            ("searches/s", *columns[2:]),
            [(f"{rate:.0f}", *shares)],
        )


if __name__ == "__main__":
    main()
