"""What keeps tests from depending on the date, or on how fast the machine is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import HANG_GUARD

TESTS = Path(__file__).parents[1]

SUBJECT = "# the time-out is the subject"
"""On a line whose short time-out is no guard: the test is about what happens when it is over."""

CLOCKS = {"time.monotonic", "time.perf_counter", "time.time", "monotonic", "perf_counter"}
WALL_CLOCKS = {"timezone.now", "datetime.now", "datetime.today", "date.today", "time.time", "clock.now", "now"}


def modules() -> list[Path]:
    """Return what the tests are made of, but for the benchmarks, and the two modules that are about clocks."""
    kept = (path for path in TESTS.rglob("*.py") if "bench" not in path.parts)
    return sorted({*kept} - {TESTS / "waiting.py", TESTS / "faults/wrong_clock/sitecustomize.py"})


def name_of(function: ast.expr) -> str:
    """Return a called function's name with its module or object, where it is written so."""
    if isinstance(function, ast.Attribute):
        return f"{name_of(function.value)}.{function.attr}".lstrip(".")
    return function.id if isinstance(function, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: statements, decorators, defaults; no body of a function."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults, *(one for one in node.args.kw_defaults if one)]
        elif not isinstance(node, ast.Lambda):
            yield node
            waiting += ast.iter_child_nodes(node)


def sleeps(tree: ast.Module) -> Iterator[int]:
    for call in calls(tree):
        if name_of(call.func) in {"time.sleep", "sleep", "asyncio.sleep"}:
            yield call.lineno


def reads_clock(node: ast.AST) -> bool:
    return any(name_of(call.func) in CLOCKS for call in calls(node))


def upper_bounds(tree: ast.Module) -> Iterator[int]:
    """Yield assertions that something took less than so long: `time.monotonic() - began < 2`, `… < deadline`."""
    for check in (node for node in ast.walk(tree) if isinstance(node, ast.Assert)):
        for compared in (node for node in ast.walk(check) if isinstance(node, ast.Compare)):
            if isinstance(compared.ops[-1], ast.Lt | ast.LtE):
                sides = [compared.left, *compared.comparators][:-1]
                differences = [one for side in sides for one in ast.walk(side) if isinstance(one, ast.BinOp)]
                if any(reads_clock(one) for one in differences) or (len(sides) == 1 and reads_clock(sides[0])):
                    yield compared.lineno


def short_guards(tree: ast.Module) -> Iterator[int]:
    for call in calls(tree):
        for given in call.keywords:
            number = given.value.value if isinstance(given.value, ast.Constant) else None
            if given.arg == "timeout" and isinstance(number, int | float) and number < HANG_GUARD:
                yield given.value.lineno


def wall_clocks_at_import(tree: ast.Module) -> Iterator[int]:
    for node in at_import(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in WALL_CLOCKS:
            yield node.lineno


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_nothing_depends_on_the_date_or_the_machines_speed(path: Path) -> None:
    text = path.read_text()
    tree, lines, module = ast.parse(text), text.splitlines(), path.relative_to(TESTS).as_posix()

    found = [f"{module}:{line} asserts how long something took" for line in upper_bounds(tree)]
    found += [f"{module}:{line} reads the machine's clock at import" for line in wall_clocks_at_import(tree)]
    found += [
        f"{module}:{line} gives up before {HANG_GUARD:.0f} s"
        for line in short_guards(tree)
        if SUBJECT not in lines[line - 1]
    ]
    found += [f"{module}:{line} sleeps" for line in sleeps(tree)]

    assert found == []
