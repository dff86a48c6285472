"""CPU time and memory of process trees from /proc, and what PostgreSQL counted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(roots: Iterable[int]) -> float:
    """Sum user and system time of processes and their descendants, ended children included."""
    return sum(sum(_fields(pid)[11:15]) for pid in _tree(roots)) / TICKS


def cpu_by_group(roots: Mapping[str, int]) -> dict[str, float]:
    return {name: cpu_seconds([root]) for name, root in roots.items()}


def busy_seconds() -> float:
    """Return how long all cores together have been busy since the machine started."""
    with Path("/proc/stat").open() as file:
        user, nice, system, _idle, _iowait, irq, softirq, steal = (int(n) for n in file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def memory_megabytes(roots: Iterable[int]) -> float:
    """Sum the memory of process trees; what several processes share counts once (PSS), where that can be read."""
    return sum(_proportional_bytes(pid) for pid in _tree(roots)) / 1e6


def _proportional_bytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        fields = _fields(pid)
        return fields[21] * PAGE if fields else 0
    return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


def _tree(roots: Iterable[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children.setdefault(fields[1], []).append(int(entry.name))
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found and _fields(pid):
            found.append(pid)
            waiting.extend(children.get(pid, ()))
    return found


def _fields(pid: int) -> list[int]:
    """Return the numbers of /proc/<pid>/stat behind the command's name: parent, times, memory."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    parts = text.rpartition(")")[2].split()
    return [0, *(int(part) for part in parts[1:])]


@dataclass(frozen=True, slots=True)
class DatabaseCounters:
    statements: int
    transaction_control: int
    wal_bytes: int
    executed_ms: float

    def __sub__(self, other: DatabaseCounters) -> DatabaseCounters:
        return DatabaseCounters(
            self.statements - other.statements,
            self.transaction_control - other.transaction_control,
            self.wal_bytes - other.wal_bytes,
            self.executed_ms - other.executed_ms,
        )


def read_database(url: str) -> DatabaseCounters:
    """Read statements so far (from pg_stat_statements) and the position of the write-ahead log."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        row = connection.execute(
            """
            SELECT coalesce(sum(calls) FILTER (WHERE query !~* '^(begin|commit|rollback|set|show|create)'), 0)::bigint,
                   coalesce(sum(calls) FILTER (WHERE query ~* '^(begin|commit|rollback)'), 0)::bigint,
                   (pg_current_wal_lsn() - '0/0')::bigint, coalesce(sum(total_exec_time), 0)::float
            FROM pg_stat_statements
            """
        ).fetchone()
    assert row is not None
    return DatabaseCounters(*row)


def statements(url: str) -> dict[str, tuple[int, float]]:
    """Return each statement so far with its number of calls and its milliseconds."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT query, sum(calls)::int, sum(total_exec_time) FROM pg_stat_statements GROUP BY 1"
        )
        return {row[0]: (row[1], row[2]) for row in rows}


def prepare_database(url: str, *, merchant: str) -> list[str]:
    """Fill up the stock, and return the variants that can be sent by mail."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE inventory_stockitem SET on_hand = 10000000 WHERE on_hand > reserved")
        rows = connection.execute(
            """
            SELECT v.id FROM catalog_variant v
            JOIN accounts_merchant m ON m.id = v.merchant_id
            JOIN catalog_product p ON p.id = v.product_id
            JOIN inventory_stockitem s ON s.variant_id = v.id
            WHERE m.slug = %s AND NOT v.is_digital AND v.status = 'active' AND p.status = 'active'
              AND s.on_hand > s.reserved AND s.is_tracked AND v.price_minor BETWEEN 500 AND 20000
            ORDER BY v.id
            """,
            [merchant],
        ).fetchall()
    return [row[0] for row in rows]
