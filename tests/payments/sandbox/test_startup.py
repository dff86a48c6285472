import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from tests.payments.sandbox.conftest import connect
from tests.payments.sandbox.running import ROOT, RunningSandbox, children, free_port, is_healthy, wait_until_gone

MODULE = [sys.executable, "-m", "commerce.payments.sandbox"]


def refused(*arguments: str) -> str:
    outcome = subprocess.run([*MODULE, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert outcome.returncode != 0
    return outcome.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "example.com"])  # noqa: S104
def test_other_addresses_than_loopback_are_refused(host: str, tmp_path: Path) -> None:
    message = refused("--host", host, "--port", str(free_port()), "--data", str(tmp_path / "s.sqlite3"))

    assert "loopback" in message or "give an address" in message
    assert not (tmp_path / "s.sqlite3").exists()


def test_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert f"Port {port} of 127.0.0.1 is in use." in refused(
            "--port", str(port), "--data", str(tmp_path / "s.sqlite3")
        )


def test_second_server_over_one_file_is_refused(sandbox: RunningSandbox) -> None:
    message = refused("--port", str(free_port()), "--data", str(sandbox.data))

    assert f"Another sandbox holds {sandbox.data}.lock." in message


def test_second_server_on_one_port_is_refused(sandbox: RunningSandbox, tmp_path: Path) -> None:
    message = refused("--port", str(sandbox.port), "--data", str(tmp_path / "s.sqlite3"))

    assert f"-{sandbox.port}.lock." in message


@pytest.mark.parametrize("polite", [signal.SIGTERM, signal.SIGINT])
def test_polite_signal_ends_everything_quickly(polite: signal.Signals, tmp_path: Path) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3")
    (worker,) = children(running.process.pid)
    asked = time.monotonic()

    running.process.send_signal(polite)

    assert running.process.wait(10) == 0
    assert time.monotonic() - asked < 2
    wait_until_gone(worker)


def test_silent_webhook_endpoint_does_not_hold_up_the_end(tmp_path: Path, key: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        running = RunningSandbox(tmp_path / "s.sqlite3")
        client = connect(running.base_url, key)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"]})
        client.v1.customers.create({})
        silent.accept()
        asked = time.monotonic()

        assert running.stop() == 0
        assert time.monotonic() - asked < 1.5


def test_killed_server_leaves_no_worker(tmp_path: Path) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3")
    (worker,) = children(running.process.pid)

    running.kill()

    wait_until_gone(worker)


def test_sandbox_can_end_with_its_parent(tmp_path: Path) -> None:
    port = free_port()
    command = [*MODULE, "--port", str(port), "--data", str(tmp_path / "s.sqlite3"), "--die-with-parent"]
    script = f"import subprocess, time; print(subprocess.Popen({command!r}).pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        for _attempt in range(500):
            if is_healthy(f"http://127.0.0.1:{port}"):
                break
            time.sleep(0.02)

        os.kill(parent.pid, signal.SIGKILL)

        wait_until_gone(server)


def test_health_names_the_account_version(sandbox: RunningSandbox) -> None:
    answer = urllib3.request("GET", f"{sandbox.base_url}/_sandbox/health", retries=False)

    assert answer.status == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["account_api_version"] == "2026-07-29.dahlia"
    assert abs(answer.json()["now"] - time.time()) < 5


def test_package_knows_no_django() -> None:
    script = "import sys, commerce.payments.sandbox.app; print([m for m in sys.modules if m.startswith('django')])"

    outcome = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=20)

    assert outcome.stdout.strip() == "[]"
