"""The embedded servers as children of the demo: started by it, watched by it, and gone with it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from agents.demo.processes import Processes, Program, describe
from commerce.embedded import EmbeddedPostgres, EmbeddedServer, EmbeddedServerError, EmbeddedValkey


class _Child(EmbeddedServer):
    """Has the demo spawn what a server runs."""

    def __init__(self, directory: Path, processes: Processes) -> None:
        super().__init__(directory)
        self._processes = processes
        self.log = processes.log(self.name)

    def spawn(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        program = Program(self.name, tuple(command), {}, self.stop_signal, self.stop_signal)
        return self._processes.start(program, **options)

    def answers(self) -> bool:
        if (status := self._processes.status(self.name)) is not None:
            raise EmbeddedServerError(f"{self.name} {describe(status)}; see {self.log}")
        return super().answers()  # type: ignore[safe-super] # every server says it


class DemoPostgres(_Child, EmbeddedPostgres):
    """PostgreSQL of the demo."""


class DemoValkey(_Child, EmbeddedValkey):
    """Valkey of the demo."""
