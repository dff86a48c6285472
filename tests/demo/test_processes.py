from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from agents.demo.processes import descendants


def test_descendants_are_found_while_other_processes_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may end between being listed and being read; /proc then answers ESRCH, which pathlib raises."""
    real_stat = os.stat

    def stat(path: Any, **options: Any) -> os.stat_result:
        if str(path).startswith("/proc/"):
            raise ProcessLookupError(path)
        return real_stat(path, **options)

    monkeypatch.setattr(os, "stat", stat)

    with subprocess.Popen(["sleep", "600"]) as lasting:
        try:
            assert lasting.pid in descendants(os.getpid())
        finally:
            lasting.kill()
