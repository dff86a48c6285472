"""Start, stop and kill real sandbox processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import urllib3

from tests.waiting import HANG_GUARD, wait_until

ROOT = Path(__file__).parents[3]
MODULE = [sys.executable, "-m", "commerce.payments.sandbox"]
NEVER = "3600"
"""Seconds that no test waits for: what would take them is what must not be waited for."""


class RunningSandbox:
    """A sandbox process on a free loopback port, or on one that an earlier process had.

    It waits for a predecessor as long as tests do, and longer than they do for webhook endpoints and for its worker.
    """

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        self.data = data
        port_file = data.with_name(f"{data.name}.port")
        port_file.unlink(missing_ok=True)
        listens = ["--port", str(port), "--port-file", str(port_file), "--data", str(data)]
        patience = ["--patience", str(HANG_GUARD), "--webhook-timeout", NEVER, "--kill-after", NEVER]
        self.process = subprocess.Popen([*MODULE, *listens, *patience, "--die-with-parent", *arguments], cwd=ROOT)
        try:
            wait_until(lambda: self._has_ended() or port_file.exists(), "a port of the sandbox")
            self.port = int(port_file.read_text())
            self.base_url = f"http://127.0.0.1:{self.port}"
            wait_until(lambda: self._has_ended() or is_healthy(self.base_url), "an answer of the sandbox")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _has_ended(self) -> bool:
        assert self.process.poll() is None, "the sandbox ended before it answered"
        return False

    def stop(self) -> int:
        """End the process politely and return its exit status."""
        self.process.terminate()
        return self.process.wait(HANG_GUARD)

    def kill(self) -> None:
        """End the server process as `kill -9` does."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(HANG_GUARD)


def is_healthy(base_url: str) -> bool:
    """Tell whether a sandbox answers at an address."""
    try:
        health = f"{base_url}/_sandbox/health"
        return urllib3.request("GET", health, retries=False, timeout=HANG_GUARD).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(pid: int) -> None:
    """Wait until a process has ended; one that nobody has buried yet has ended too."""
    wait_until(lambda: is_gone(pid), f"the end of process {pid}")


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] == "Z"
