from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from agents.demo.processes import ProcessEndedError
from agents.demo.progress import Progress, StepFailedError


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(output: io.StringIO) -> Progress:
    return Progress(Console(file=output, highlight=False, width=80))


def test_step_is_one_plain_line(progress: Progress, output: io.StringIO) -> None:
    with progress.step("Payment", process="web") as step:
        step.tell("order R4QK-7MWX-2P is placed")

    line = output.getvalue()
    assert "Payment" in line
    assert "order R4QK-7MWX-2P is placed" in line
    assert line.rstrip().endswith("ms")
    assert line.count("\n") == 1
    assert "\x1b" not in line


def test_long_text_stays_within_the_width(progress: Progress, output: io.StringIO) -> None:
    with progress.step("Shop", process="web") as step:
        step.tell("http://127.0.0.1:8000/" + "a" * 200)

    assert max(len(line) for line in output.getvalue().splitlines()) <= 80
    assert output.getvalue().count("a") == 200


@pytest.mark.parametrize(
    ("problem", "guilty"), [(ValueError("no"), "web"), (ProcessEndedError("worker", -9), "worker")]
)
def test_failed_step_names_who_is_to_blame(progress: Progress, problem: Exception, guilty: str) -> None:
    with pytest.raises(StepFailedError) as caught, progress.step("Payment", process="web"):
        raise problem

    assert (caught.value.title, caught.value.process) == ("Payment", guilty)


def test_failure_shows_the_end_of_the_log(progress: Progress, output: io.StringIO, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("".join(f"line {number}\n" for number in range(40)))

    progress.failure(StepFailedError("Order announced", "worker", TimeoutError("late")), log)

    text = output.getvalue()
    assert "The step “Order announced” failed." in text
    assert "line 39" in text
    assert "line 20" not in text
    assert f"All logs: {tmp_path}" in text
