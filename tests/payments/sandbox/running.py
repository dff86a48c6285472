"""Start, stop and kill real sandbox processes."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import urllib3

ROOT = Path(__file__).parents[3]
PATIENCE = 10.0


class RunningSandbox:
    """A sandbox process on a free loopback port."""

    def __init__(self, data: Path, *arguments: str, port: int | None = None) -> None:
        self.data = data
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "commerce.payments.sandbox", "--port", str(self.port)]
        self.process = subprocess.Popen([*command, "--data", str(data), *arguments], cwd=ROOT)
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        pause = threading.Event()
        for _attempt in range(int(PATIENCE / 0.01)):
            assert self.process.poll() is None, "the sandbox ended before it answered"
            if is_healthy(self.base_url):
                return
            pause.wait(0.01)
        raise AssertionError("the sandbox did not answer in time")

    def stop(self) -> int:
        """End the process politely and return its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End the server process as `kill -9` does."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


def is_healthy(base_url: str) -> bool:
    """Tell whether a sandbox answers at an address."""
    try:
        return urllib3.request("GET", f"{base_url}/_sandbox/health", retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(pid: int) -> None:
    """Wait until a process has ended; one that nobody has buried yet has ended too."""
    pause = threading.Event()
    for _attempt in range(int(PATIENCE / 0.01)):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        pause.wait(0.01)
    raise AssertionError(f"process {pid} is still alive")
