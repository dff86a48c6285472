"""Run a failed test once more where real processes take part, and show its first failure at the end.

Everything else fails at the first failure. A second run is no pass that nobody looks at: what it hid is to be mended.
"""

from __future__ import annotations

import pytest

KINDS = ("browser", "faults", "processes")
"""Markers of the tests that get a second run."""


@pytest.hookimpl(trylast=True)  # the folders' own conftest modules mark their tests before
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.get_closest_marker(kind) for kind in KINDS):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    failed_once: list[pytest.TestReport] = terminalreporter.stats.get("rerun", [])
    if failed_once:
        terminalreporter.section("Ran a second time after these failures: mend them", yellow=True, bold=True)
    for report in failed_once:
        terminalreporter.line(f"{report.nodeid} ({report.when})", yellow=True)
        terminalreporter.line(report.longreprtext)
