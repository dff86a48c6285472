"""What the demo says: a line for each step, with what came back and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agents.demo.processes import ProcessEndedError

WIDTH = 100
LOG_LINES = 12


class StepFailedError(RuntimeError):
    """A step did not do what it is for. `process` is the one whose log says why."""

    def __init__(self, title: str, process: str, problem: Exception) -> None:
        super().__init__(f"{title}: {problem}")
        self.title = title
        self.process = problem.name if isinstance(problem, ProcessEndedError) else process


class Step:
    """What a step has to tell once it is done."""

    def __init__(self) -> None:
        self.told = ""

    def tell(self, text: str) -> None:
        self.told = text


class Progress:
    """Writes to a terminal or to a file; the latter gets whole lines only, and no colors."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self.width = min(self.console.width, WIDTH)
        is_unicode = self.console.encoding.startswith("utf")
        self._marks = ("✓", "✗", "•") if is_unicode else ("+", "x", "*")

    def say(self, text: str, style: str = "") -> None:
        """Write a paragraph."""
        self.console.print(Text(text, style=style), width=self.width)

    def verbatim(self, text: str) -> None:
        """Write text exactly as it is, to be copied."""
        self.console.print(text, markup=False, soft_wrap=True)

    def heading(self, text: str) -> None:
        self.console.print()
        self.console.print(Text(text, style="bold cyan"))

    def notice(self, title: str, text: str) -> None:
        """Write a line about something that happened meanwhile."""
        self._line(self._marks[2], "yellow", title, text, time.strftime("%H:%M:%S"))

    @contextmanager
    def step(self, title: str, *, process: str) -> Iterator[Step]:
        """Do a step and write its line. Raises StepFailedError, naming the process that is to blame."""
        step, started = Step(), time.perf_counter()
        try:
            with self._spinner(title):
                yield step
        except Exception as problem:
            text = str(problem) or type(problem).__name__
            self._line(self._marks[1], "bold red", title, text, _duration(started))
            raise StepFailedError(title, process, problem) from problem
        self._line(self._marks[0], "green", title, step.told, _duration(started))

    def failure(self, failed: StepFailedError, log: Path) -> None:
        """Say which step failed, with the end of the log of the process that is to blame."""
        self.console.print()
        self.say(f"The step “{failed.title}” failed.", "bold red")
        if log.exists() and (lines := log.read_text(errors="replace").splitlines()):
            self.say(f"The end of {log.name}:")
            self.verbatim("\n".join(f"    {line}" for line in lines[-LOG_LINES:]))
        self.verbatim(f"All logs: {log.parent}")

    def table(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """Write names and values beside each other. Values are never cut."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in rows:
            grid.add_row(name, Text(value))
        self.console.print()
        self.console.print(Panel(grid, title=title, width=self.width, border_style="green", padding=(0, 1)))

    def _spinner(self, title: str) -> AbstractContextManager[Any]:
        if self.console.is_terminal:
            return self.console.status(Text(f"{title} …"))
        return nullcontext()

    def _line(self, mark: str, style: str, title: str, text: str, at_the_end: str) -> None:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=1)
        grid.add_column(width=18)
        grid.add_column(ratio=1, overflow="fold")
        grid.add_column(justify="right", no_wrap=True, width=8)
        grid.add_row(Text(mark, style), Text(title, "bold"), Text(text), Text(at_the_end, "dim"))
        self.console.print(grid, width=self.width)


def _duration(started: float) -> str:
    seconds = time.perf_counter() - started
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
