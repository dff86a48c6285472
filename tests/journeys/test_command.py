"""`manage.py demo` as a command: what it prints, its exit status, and that it leaves no process behind."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.running import PROJECT, SHOP_GUARD, RunningDemo, processes_of, surroundings, wait_until
from tests.waiting import HANG_GUARD

pytestmark = pytest.mark.processes


def test_buys_ends_and_uses_the_next_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        demo = RunningDemo(tmp_path, "--port", str(port))

        assert demo.process.wait(SHOP_GUARD) == 0, demo.output.read_text()
    text = demo.output.read_text()
    assert f"{port} is taken, the shop uses" in text
    assert "Bought, paid once, delivered" in text
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert processes_of(tmp_path) == {}


@pytest.mark.parametrize(("number", "after"), [(signal.SIGINT, "PostgreSQL"), (signal.SIGHUP, "Database")])
def test_interrupted_start_leaves_nothing(tmp_path: Path, number: int, after: str) -> None:
    demo = RunningDemo(tmp_path, "--port", "8200", "--serve")
    wait_until(lambda: after in demo.output.read_text(), f"{after!r} is printed")

    status = demo.stop(number)

    assert status == 128 + number
    assert processes_of(tmp_path) == {}
    assert "Everything has ended." in demo.output.read_text()
    assert "Traceback" not in demo.output.read_text()


def test_second_demo_in_the_same_place_says_who_runs_there(tmp_path: Path) -> None:
    first = RunningDemo(tmp_path, "--port", "8300", "--serve")
    wait_until(lambda: "Starting the shop" in first.output.read_text(), "the first shop starts")

    second = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=PROJECT,
        env=surroundings(tmp_path),
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )

    assert second.returncode == 1
    assert re.search(rf"A demo is running already .*process\s+{first.process.pid}", second.stdout, re.DOTALL)
    first.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_killed_demo_takes_its_processes_along(tmp_path: Path) -> None:
    demo = RunningDemo.serving(tmp_path, "--port", "8400")
    assert len(processes_of(tmp_path)) > 10

    demo.stop(signal.SIGKILL)

    wait_until(lambda: not processes_of(tmp_path), f"left: {processes_of(tmp_path)}")


def test_failure_names_the_step_and_shows_the_log(tmp_path: Path) -> None:
    unusable = tmp_path / "state" / "postgres" / "PG_VERSION"
    unusable.parent.mkdir(parents=True)
    unusable.write_text("7.4\n")

    demo = RunningDemo(tmp_path, "--port", "8500")

    assert demo.process.wait(SHOP_GUARD) == 1
    text = demo.output.read_text()
    assert "The step “PostgreSQL” failed." in text
    assert "The end of postgres.log:" in text
    assert f"All logs: {tmp_path / 'state' / 'logs'}" in text
    assert processes_of(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("STRIPE_SECRET_KEY", "sk_live_1", "is no test key"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "The step “PostgreSQL” failed."),
    ],
)
def test_given_server_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, words: str) -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", "demo", "--port", "8600"],
        cwd=PROJECT,
        env={**surroundings(tmp_path), name: value},
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )

    assert ran.returncode == 1
    assert words in ran.stdout
    assert not (tmp_path / "state" / "postgres").exists()
