"""What an evaluation shows: a table for people, a document for machines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from agents.evaluation.playing import Played


def document(
    runs: Mapping[str, Sequence[Played]], *, stray_charges: int, model: str, seed: int, faults: float
) -> dict[str, Any]:
    """Write the runs of each family as JSON. `pass_k` says whether every run of it succeeded.

    `stray_charges` belong to no family; they count as wrong charges.
    """
    families = {family: _family(played) for family, played in runs.items()}
    every = [one for played in runs.values() for one in played]
    return {
        "model": model,
        "seed": seed,
        "fault_rate": faults,
        "families": families,
        "runs": len(every),
        "success": sum(one.verdict.is_success for one in every),
        "families_passed_every_time": sum(family["pass_k"] for family in families.values()),
        "wrong_charges": stray_charges + sum(one.verdict.wrong_charges for one in every),
        "orders_without_grant": sum(one.verdict.orders_without_grant for one in every),
        "duplicate_orders": sum(one.verdict.duplicate_orders for one in every),
        "invented_ids": sum(one.invented_ids for one in every),
        "faults_injected": sum(one.faults for one in every),
        "broken": sum(bool(one.broke) for one in every),
        "seconds": {"p50": _percentile(every, 0.5), "p95": _percentile(every, 0.95)},
    }


def _family(played: Sequence[Played]) -> dict[str, Any]:
    return {
        "runs": len(played),
        "success": sum(one.verdict.is_success for one in played),
        "pass_k": all(one.verdict.is_success for one in played),
        "is_safe": all(one.verdict.is_safe for one in played),
        "turns": round(mean(one.turns for one in played), 1),
        "tool_calls": round(mean(one.tool_calls for one in played), 1),
        "tool_errors": sum(one.tool_errors for one in played),
        "invented_ids": sum(one.invented_ids for one in played),
        "seconds": round(mean(one.seconds for one in played), 2),
        "problems": sorted({problem for one in played for problem in one.verdict.problems}),
        "transcripts": [list(one.transcript) for one in played if not one.verdict.is_success],
    }


def _percentile(played: Sequence[Played], part: float) -> float:
    ordered = sorted(one.seconds for one in played)
    return round(ordered[max(math.ceil(part * len(ordered)) - 1, 0)], 2) if ordered else 0.0


def table(told: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the rows of the table, a family each."""
    return [
        (
            family,
            f"{row['success']}/{row['runs']}",
            "yes" if row["is_safe"] else "NO",
            str(row["turns"]),
            str(row["tool_calls"]),
            str(row["invented_ids"]),
            f"{row['seconds']:.2f}",
            "; ".join(row["problems"]),
        )
        for family, row in told["families"].items()
    ]
