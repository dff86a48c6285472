"""What a benchmark prints."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from tests.bench.load import Measured

STEPS = ("create", "read", "update", "complete", "checkout")
NOISY_CORES = 0.3

console = Console(highlight=False)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table: text to the left, numbers to the right."""
    grid = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        grid.add_column(column, justify="right" if number else "left")
    for row in rows:
        grid.add_row(*(f"{cell:.3g}" if isinstance(cell, float) and cell < 10 else _text(cell) for cell in row))
    console.print()
    console.print(grid)


def _text(cell: object) -> str:
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def latencies(title: str, run: Measured, steps: Iterable[str] = STEPS) -> None:
    """Print the percentiles of each step in milliseconds."""
    shares = (0.5, 0.95, 0.99)
    rows = [(step, run.count(step), *(run.milliseconds(step, share) for share in shares)) for step in steps]
    table(title, ("step", "calls", "p50 ms", "p95 ms", "p99 ms"), rows)


def statements(before: dict[str, tuple[int, float]], after: dict[str, tuple[int, float]]) -> None:
    """Print the statements between two readings, the most frequent first."""
    new = [
        (query, calls - before.get(query, (0, 0.0))[0], spent - before.get(query, (0, 0.0))[1])
        for query, (calls, spent) in after.items()
    ]
    rows = [(" ".join(query.split())[:90], calls, spent / calls) for query, calls, spent in new if calls > 0]
    rows.sort(key=lambda row: -row[1])
    table("Statements", ("", "calls", "ms each"), rows[:40])


def trust(*runs: Measured) -> None:
    """Say how far the figures can be trusted, and what went wrong."""
    others = max(run.other_cores for run in runs)
    generator = max(run.generator_cores for run in runs)
    console.print(f"other processes used {others:.2f} cores, the load generator {generator:.2f}")
    if others > NOISY_CORES:
        console.print("the machine was not quiet: only ratios mean something", style="yellow")
    errors = {what: count for run in runs for what, count in run.errors.items()}
    console.print(f"errors: {sum(errors.values())}", style="red" if errors else "")
    for what, count in sorted(errors.items(), key=lambda item: -item[1])[:5]:
        console.print(f"  {count} times {what}", style="red", markup=False)
