"""How long a large catalog's feeds take, and how much memory: `python -m tests.bench.feeds`.

Starts a PostgreSQL of its own, fills it and builds every kind of file, each in a process of its own, twice: the
first build records all items, the second finds that nothing has changed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from commerce.embedded import EmbeddedPostgres
from tests.bench import report

KINDS = (
    ("openai", "jsonl.gz"),
    ("openai", "parquet"),
    ("openai", "csv.gz"),
    ("openai", "tsv.gz"),
    ("google", "tsv.gz"),
    ("stripe", "csv"),
    ("acp", "jsonl"),
)
PROJECT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feeds", description=__doc__)
    parser.add_argument("--variants", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--kind", nargs="+", help="such as openai/parquet; all unless told")
    options = parser.parse_args()
    wanted = [kind for kind in KINDS if not options.kind or "/".join(kind) in options.kind]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        surroundings = {**os.environ, "DATA_DIR": directory, "PUBLIC_BASE_URL": "https://shop.example"}
        server = EmbeddedPostgres(Path(directory))
        surroundings["DATABASE_URL"] = server.attach()
        try:
            for variants in options.variants:
                _measure(surroundings, variants, wanted)
        finally:
            server.detach()


def _measure(surroundings: dict[str, str], variants: int, kinds: list[tuple[str, str]]) -> None:
    filled = _run(surroundings, "fill", str(variants))
    rows = []
    for profile, file_format in kinds:
        one = _run(surroundings, "build", profile, file_format)
        rows.append(
            (
                f"{profile} {file_format}",
                one["rows"],
                one["seconds"][0],
                one["seconds"][1],
                one["drift_seconds"],
                one["peak_mb"],
                one["before_mb"],
                one["file_mb"],
            )
        )
    columns = ("feed", "rows", "first build s", "again s", "drift check s", "peak MB", "before MB", "file MB")
    report.table(f"{variants:,} variants (filled in {filled['seconds']:.0f} s)", columns, rows)


def _run(surroundings: dict[str, str], *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.feed_maker", *arguments]
    ended = subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, check=True, cwd=PROJECT)
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


if __name__ == "__main__":
    main()
