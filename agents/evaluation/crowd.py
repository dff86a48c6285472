"""Shoppers who play their scenarios against a running shop, several at once, whatever happens to its processes.

A process of its own, `python -m agents.evaluation.crowd`, with the surroundings of the shop's. It writes a file
when the last has finished, waits until the shop has come to rest, judges, and writes what it found as JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.evaluation.playing import Play


def played(families: Sequence[str], *, times: int, shoppers: int) -> dict[str, list[Play]]:
    """Play families, in a shop of its own each, and return what has not been judged yet."""
    from agents.evaluation.over_http import OverHttp
    from agents.evaluation.playing import Play
    from agents.evaluation.scenarios import SCENARIOS

    way = OverHttp()
    chosen = [one for one in SCENARIOS if one.family in families]
    plays = {one.family: [Play.begun(one, way) for _ in range(times)] for one in chosen}
    with ThreadPoolExecutor(shoppers) as crowd:
        for play in [play for runs in plays.values() for play in runs]:
            crowd.submit(_play, play)
    return plays


def _play(play: Play) -> None:
    """Play one scenario. What it is not able to do is told with it, and says nothing about the others."""
    from django.db import connections

    from agents.evaluation.over_http import SilentError

    try:
        play.converse()
    except SilentError as problem:
        play.broke = str(problem)
    except Exception as problem:  # the edge of a thread: an evaluation must say what it could not play
        play.broke = f"{type(problem).__name__}: {problem}"
    finally:
        connections.close_all()


def judged(plays: dict[str, list[Play]], told: dict[str, Any]) -> dict[str, Any]:
    """Judge what was played, once the shop has nothing more to do by itself."""
    from django.conf import settings

    from agents.demo.agent import Stripe
    from agents.evaluation.judging import read_ledger, stray_charges
    from agents.evaluation.over_http import await_that
    from agents.evaluation.report import document
    from agents.evaluation.rest import is_at_rest

    await_that(is_at_rest, "the shop did not come to rest")
    ledger = read_ledger(Stripe(settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY))
    runs = {family: [play.judged(ledger) for play in of_it] for family, of_it in plays.items()}
    model = settings.SHOPPER_MODEL or "rules only"
    return document(runs, stray_charges=stray_charges(ledger), model=model, **told)


def main() -> None:
    import django

    parser = argparse.ArgumentParser(prog="python -m agents.evaluation.crowd", description=__doc__)
    parser.add_argument("--family", action="append", required=True, help="what to play; may be given often")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--shoppers", type=int, default=6, help="how many shop at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--finished", type=Path, required=True, help="a file to be written when all have finished")
    parser.add_argument("--out", type=Path, required=True, help="where to write the verdicts")
    options = parser.parse_args()
    django.setup()
    plays = played(options.family, times=options.times, shoppers=options.shoppers)
    options.finished.touch()
    told = judged(plays, {"seed": options.seed, "faults": 0.0})
    options.out.write_text(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main()
