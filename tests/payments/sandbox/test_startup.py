import fcntl
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
from tests.payments.sandbox.running import (
    MODULE,
    ROOT,
    RunningSandbox,
    children,
    is_gone,
    is_healthy,
    wait_until_gone,
)
from tests.waiting import HANG_GUARD, wait_until


def refused(*arguments: str) -> str:
    outcome = subprocess.run(
        [*MODULE, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=HANG_GUARD, check=False
    )
    assert outcome.returncode != 0
    return outcome.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "example.com"])  # noqa: S104
def test_other_addresses_than_loopback_are_refused(host: str, tmp_path: Path) -> None:
    message = refused("--host", host, "--port", "0", "--data", str(tmp_path / "s.sqlite3"))

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


def test_any_other_port_may_do_instead(sandbox: RunningSandbox, tmp_path: Path) -> None:
    other = RunningSandbox(tmp_path / "s.sqlite3", "--any-port", "--patience", "0", port=sandbox.port)

    assert other.port != sandbox.port
    assert other.stop() == 0


def test_second_server_over_one_file_is_refused(sandbox: RunningSandbox) -> None:
    message = refused("--port", "0", "--data", str(sandbox.data))

    assert f"Another sandbox holds {sandbox.data}.lock." in message


def test_second_server_on_one_port_is_refused(sandbox: RunningSandbox, tmp_path: Path) -> None:
    message = refused("--port", str(sandbox.port), "--data", str(tmp_path / "s.sqlite3"))

    assert f"-{sandbox.port}.lock." in message


def test_predecessor_gets_time_to_let_go(tmp_path: Path) -> None:
    data, port_file = tmp_path / "s.sqlite3", tmp_path / "port"
    lock = tmp_path / "s.sqlite3.lock"
    arguments = ["--port", "0", "--port-file", str(port_file), "--data", str(data), "--patience", str(HANG_GUARD)]
    with lock.open("a") as predecessor:
        fcntl.flock(predecessor, fcntl.LOCK_EX)
        successor = subprocess.Popen([*MODULE, *arguments, "--die-with-parent"], cwd=ROOT)
        wait_until(lambda: has_open(successor.pid, lock), "the successor at the lock")
        assert not port_file.exists()

    wait_until(lambda: port_file.exists() or successor.poll() is not None, "the successor's port")
    wait_until(lambda: is_healthy(f"http://127.0.0.1:{port_file.read_text()}"), "the successor's answer")
    successor.terminate()
    assert successor.wait(HANG_GUARD) == 0


def has_open(pid: int, path: Path) -> bool:
    """Tell whether a process has opened a file."""
    opened = Path(f"/proc/{pid}/fd")
    return any(os.readlink(opened / number) == str(path) for number in os.listdir(opened))


@pytest.mark.parametrize("polite", [signal.SIGTERM, signal.SIGINT])
def test_polite_signal_ends_everything(polite: signal.Signals, tmp_path: Path) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3")  # whose worker is not killed while the test waits
    (worker,) = children(running.process.pid)

    running.process.send_signal(polite)

    assert running.process.wait(HANG_GUARD) == 0
    wait_until_gone(worker)


def test_silent_webhook_endpoint_does_not_hold_up_the_end(tmp_path: Path, key: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(HANG_GUARD)
        running = RunningSandbox(tmp_path / "s.sqlite3")  # which waits longer for the endpoint than the test does
        client = connect(running.base_url, key)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"]})
        client.v1.customers.create({})
        kept_waiting, _ = silent.accept()

        with kept_waiting:
            assert running.stop() == 0


def test_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3", "--kill-after", "1")
    (worker,) = children(running.process.pid)
    os.kill(worker, signal.SIGSTOP)

    running.stop()

    assert is_gone(worker)


def test_killed_server_leaves_no_worker(tmp_path: Path) -> None:
    running = RunningSandbox(tmp_path / "s.sqlite3")
    (worker,) = children(running.process.pid)

    running.kill()

    wait_until_gone(worker)


def test_sandbox_can_end_with_its_parent(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    ports = ["--port", "0", "--port-file", str(port_file)]
    command = [*MODULE, *ports, "--data", str(tmp_path / "s.sqlite3"), "--die-with-parent"]
    script = f"import subprocess, sys; print(subprocess.Popen({command!r}).pid, flush=True); sys.stdin.read()"
    parent_command = [sys.executable, "-c", script]
    with subprocess.Popen(
        parent_command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        wait_until(port_file.exists, "the sandbox's port")
        wait_until(lambda: is_healthy(f"http://127.0.0.1:{port_file.read_text()}"), "the sandbox's answer")

        os.kill(parent.pid, signal.SIGKILL)

        wait_until_gone(server)


def test_health_names_the_account_version(sandbox: RunningSandbox) -> None:
    before = int(time.time())

    answer = urllib3.request("GET", f"{sandbox.base_url}/_sandbox/health", retries=False)

    assert answer.status == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["account_api_version"] == "2026-07-29.dahlia"
    assert before <= answer.json()["now"] <= time.time()


def test_package_knows_no_django() -> None:
    script = "import sys, commerce.payments.sandbox.app; print([m for m in sys.modules if m.startswith('django')])"

    outcome = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=HANG_GUARD, check=False
    )

    assert outcome.stdout.strip() == "[]"
