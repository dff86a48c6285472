"""Run the sandbox: `python -m commerce.payments.sandbox --port 12111 --data .data/sandbox.sqlite3`."""

import argparse
import ctypes
import fcntl
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import IO, TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from commerce.payments.sandbox.app import create_app
from commerce.payments.sandbox.chaos import MOST_WAITING
from commerce.payments.sandbox.versions import DEFAULT_ACCOUNT_VERSION
from commerce.payments.sandbox.webhook_delivery import RETRY_DELAYS, TIMEOUT

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

THREADS = 16 + MOST_WAITING
PR_SET_PDEATHSIG = 1
PATIENCE = 1.5
PAUSE = 0.05
KILLED_AFTER = 2


class TakenError(Exception):
    """The file or the port is another process's; the text is for people."""


@dataclass(frozen=True, slots=True)
class HeldPort:
    """A port that nobody else gets as long as its socket and its lock are open."""

    number: int
    reserved: socket.socket
    lock: IO[str]


def main() -> None:
    """Listen until SIGTERM or SIGINT."""
    options = _options()
    try:
        serve(options)
    except TakenError as taken:
        sys.exit(str(taken))


def serve(options: argparse.Namespace) -> None:
    """Listen as the options say."""
    if options.die_with_parent:
        die_with_parent(os.getppid())
    options.data.parent.mkdir(parents=True, exist_ok=True)
    data_lock = _hold(options.data.with_name(options.data.name + ".lock"), options.patience)
    port = _hold_port(options)
    if options.port_file is not None:
        _write(options.port_file, str(port.number))
    server = Granian(
        "commerce.payments.sandbox",
        address=options.host,
        port=port.number,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        blocking_threads=THREADS,
        workers_kill_timeout=options.kill_after,
        log_enabled=False,
    )
    server.serve(target_loader=partial(_load, options, os.getpid()), wrap_loader=False)
    Path(port.lock.name).unlink(missing_ok=True)
    for held in (data_lock, port.lock, port.reserved):
        held.close()


def _load(options: argparse.Namespace, server_pid: int) -> "WSGIApplication":
    """Make the application in the worker process, which never outlives the server."""
    die_with_parent(server_pid)
    return create_app(
        options.data,
        account_version=options.account_api_version,
        retry_delays=options.webhook_retry_delays,
        webhook_timeout=options.webhook_timeout,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m commerce.payments.sandbox", description=__doc__)
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="an address of this machine only")
    parser.add_argument("--port", type=int, required=True, help="0: any free port")
    parser.add_argument(
        "--any-port", action="store_true", help="take any free port where the one asked for is taken"
    )
    parser.add_argument("--port-file", type=Path, help="a file that the port is written to once it is held")
    parser.add_argument("--data", type=Path, required=True, help="the SQLite file; created if it does not exist")
    parser.add_argument(
        "--account-api-version",
        default=DEFAULT_ACCOUNT_VERSION,
        help="what applies to requests without a Stripe-Version header (default: %(default)s)",
    )
    parser.add_argument(
        "--webhook-retry-delays",
        type=_delays,
        default=RETRY_DELAYS,
        help="seconds between attempts to deliver an event, such as 1,5,25",
    )
    parser.add_argument(
        "--webhook-timeout",
        type=float,
        default=TIMEOUT,
        metavar="SECONDS",
        help="how long a webhook endpoint may take to answer (default: %(default)s)",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help="how long to wait for a predecessor to let go of the file and the port (default: %(default)s)",
    )
    parser.add_argument(
        "--kill-after",
        type=int,
        default=KILLED_AFTER,
        metavar="SECONDS",
        help="how long the worker process may take to end before it is killed (default: %(default)s)",
    )
    parser.add_argument(
        "--die-with-parent", action="store_true", help="end when the process that started this does"
    )
    return parser.parse_args()


def _loopback(text: str) -> str:
    try:
        is_loopback = ip_address(text).is_loopback
    except ValueError as error:
        raise argparse.ArgumentTypeError("give an address, such as 127.0.0.1") from error
    if not is_loopback:
        raise argparse.ArgumentTypeError("the sandbox listens on loopback addresses only")
    return text


def _delays(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part)


def _write(path: Path, text: str) -> None:
    """Write a file that is whole as soon as it is there."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


def _hold(path: Path, patience: float) -> IO[str]:
    """Hold a lock file until this process and its worker have ended, however they end.

    Two servers over one file would each deliver its events, and neither would know the other's keys in use.
    A predecessor that was just killed gets a moment to let go.
    """
    file = path.open("a")
    for _attempt in _attempts(patience):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return file
    file.close()
    raise TakenError(f"Another sandbox holds {path}.")


def _attempts(patience: float) -> Iterator[None]:
    """Give as many attempts, with pauses between them, as fit into so many seconds; at least one."""
    pause = threading.Event()
    until = time.monotonic() + patience
    yield
    while time.monotonic() < until:
        pause.wait(PAUSE)
        yield


def _hold_port(options: argparse.Namespace) -> HeldPort:
    """Hold the port that was asked for, or a free one where any will do."""
    if options.port:
        try:
            return _hold_given_port(options.host, options.port, options.patience)
        except TakenError:
            if not options.any_port:
                raise
    return _hold_free_port(options.host)


def _hold_given_port(host: str, port: int, patience: float) -> HeldPort:
    """Refuse a port that is taken: the server listens with SO_REUSEPORT and would share it silently."""
    lock = _hold(_port_lock(port), patience)
    for _attempt in _attempts(patience):
        with _tcp_socket(host) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen()
                probe.close()
                return HeldPort(port, _reserve(host, port), lock)
            except OSError:
                continue
    lock.close()
    raise TakenError(f"Port {port} of {host} is in use.")


def _hold_free_port(host: str) -> HeldPort:
    """Let the system choose a port, and another one where a sandbox that is starting has just asked for it."""
    while True:
        reserved = _reserve(host, 0)
        port: int = reserved.getsockname()[1]
        try:
            return HeldPort(port, reserved, _hold(_port_lock(port), 0))
        except TakenError:
            reserved.close()


def _reserve(host: str, port: int) -> socket.socket:
    """Return a socket that has a port without listening, so that nobody but our server, who shares it, gets it."""
    reserved = _tcp_socket(host)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if port:  # connections of a predecessor may linger there
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((host, port))
    except OSError:
        reserved.close()
        raise
    return reserved


def _tcp_socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)


def _port_lock(port: int) -> Path:
    return Path(tempfile.gettempdir()) / f"stripe-sandbox-{os.getuid()}-{port}.lock"


def die_with_parent(parent_pid: int) -> None:
    """End this process when its parent ends, however that ends.

    On Linux the parent is the thread that started this process: it should be one that lasts.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch_parent, args=(parent_pid,), daemon=True).start()
    if os.getppid() != parent_pid:
        sys.exit("The parent process is gone.")


def _watch_parent(parent_pid: int) -> None:
    never = threading.Event()
    while os.getppid() == parent_pid:
        never.wait(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
