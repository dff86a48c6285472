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
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import IO, TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from commerce.payments.sandbox.app import create_app
from commerce.payments.sandbox.chaos import MOST_WAITING
from commerce.payments.sandbox.versions import DEFAULT_ACCOUNT_VERSION
from commerce.payments.sandbox.webhook_delivery import RETRY_DELAYS

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

THREADS = 16 + MOST_WAITING
PR_SET_PDEATHSIG = 1
PATIENCE = 1.5
PAUSE = 0.05


def main() -> None:
    """Listen until SIGTERM or SIGINT."""
    options = _options()
    if options.die_with_parent:
        die_with_parent(os.getppid())
    options.data.parent.mkdir(parents=True, exist_ok=True)
    data_lock = _hold(options.data.with_name(options.data.name + ".lock"))
    port_lock = _hold_port(options.host, options.port)
    server = Granian(
        "commerce.payments.sandbox",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        blocking_threads=THREADS,
        workers_kill_timeout=2,
        log_enabled=False,
    )
    server.serve(target_loader=partial(_load, options, os.getpid()), wrap_loader=False)
    Path(port_lock.name).unlink(missing_ok=True)
    for lock in (data_lock, port_lock):
        lock.close()


def _load(options: argparse.Namespace, server_pid: int) -> "WSGIApplication":
    """Make the application in the worker process, which never outlives the server."""
    die_with_parent(server_pid)
    return create_app(
        options.data,
        account_version=options.account_api_version,
        retry_delays=options.webhook_retry_delays,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m commerce.payments.sandbox", description=__doc__)
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="an address of this machine only")
    parser.add_argument("--port", type=int, required=True)
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


def _hold(path: Path) -> IO[str]:
    """Hold a lock file until this process and its worker have ended, however they end.

    Two servers over one file would each deliver its events, and neither would know the other's keys in use.
    A predecessor that was just killed gets a moment to let go.
    """
    pause = threading.Event()
    file = path.open("a")
    for _attempt in range(int(PATIENCE / PAUSE)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pause.wait(PAUSE)
        else:
            return file
    sys.exit(f"Another sandbox holds {path}.")


def _hold_port(host: str, port: int) -> IO[str]:
    """Refuse a port that is taken: the server listens with SO_REUSEPORT and would share it silently."""
    held = _hold(Path(tempfile.gettempdir()) / f"stripe-sandbox-{os.getuid()}-{port}.lock")
    pause = threading.Event()
    for _attempt in range(int(PATIENCE / PAUSE)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen()
            except OSError:
                pause.wait(PAUSE)
            else:
                return held
    sys.exit(f"Port {port} of {host} is in use.")


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
