"""One request to an address that was checked: certificate of the name, a deadline for the whole, little read.

No redirects are followed, no proxies are used, no connection is kept.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings

from commerce.outgoing.addresses import ForbiddenUrlError, Target, parse_target, permitted_addresses

CONNECT_SECONDS = 3
READ_BYTES = 65_536
"""How much of an answer is read, headers included. A longer header is a failure."""

KEPT_BYTES = 4096
BODY_SECONDS = 2
"""How long the body of an answer is waited for once its status is there."""

MOST_ADDRESSES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try. `status` is None without an answer; `error` then says why.

    `address` is the one connected to; `headers` and `text` are the answer's, `text` the beginning of its body.
    """

    status: int | None
    error: str = ""
    milliseconds: int = 0
    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    sent: dict[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def post(url: str, *, body: bytes, headers: Mapping[str, str], seconds: float | None = None) -> Answer:
    """POST a body; see `send`."""
    return send("POST", url, body=body, headers=headers, seconds=seconds)


def send(
    method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float | None = None
) -> Answer:
    """Send a request and return what was answered in time. Raises nothing.

    In time is within `seconds`, else WEBHOOK_TIMEOUT_SECONDS.

    Whatever the receiver does, the call ends in time: the deadline holds for the lookup, the connection and
    every byte. A status that has arrived counts, even if the rest of the answer never does.
    """
    started = time.monotonic()
    status, error, address, answered, text = None, "", "", {}, ""
    try:
        deadline = _Deadline(started + (seconds or settings.WEBHOOK_TIMEOUT_SECONDS))
        target = parse_target(url)
        addresses = permitted_addresses(target, seconds=deadline.remaining())
        address, plain = _connect(addresses, target.port, deadline)
        with closing(plain), closing(_secured(plain, target, deadline)) as connection:
            wire = _Wire(connection, deadline)
            response = _ask(wire, target, method, body, headers)
            status, answered = response.status, _shown_headers(response)
            text = _beginning(response, wire)
    except (http.client.HTTPException, ForbiddenUrlError, OSError, ValueError) as problem:
        error = f"{type(problem).__name__}: {problem}"[:200].replace("\x00", "\ufffd")
    milliseconds = int((time.monotonic() - started) * 1000)
    return Answer(status, error, milliseconds, address, answered, text, dict(headers))


class AnswerTooLongError(OSError):
    """The receiver sent more than is read of an answer."""


@dataclass(slots=True)
class _Deadline:
    """A moment of the monotonic clock."""

    at: float

    def remaining(self) -> float:
        """Return the seconds left. Raises TimeoutError where there are none."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("no answer in time")
        return seconds


def _connect(addresses: list[str], port: int, deadline: _Deadline) -> tuple[str, socket.socket]:
    """Connect to the first address that takes the call. Raises the last OSError where none does."""
    problem = OSError("the name has no address")
    for address in addresses[:MOST_ADDRESSES]:
        try:
            return address, dial(address, port, seconds=min(CONNECT_SECONDS, deadline.remaining()))
        except OSError as refused:
            problem = refused
    raise problem


def dial(address: str, port: int, *, seconds: float) -> socket.socket:
    """Connect to an IP address, never to a name: the operating system is not asked what it means."""
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _secured(plain: socket.socket, target: Target, deadline: _Deadline) -> socket.socket:
    """Speak TLS as asked of the target's name: SNI and certificate are the name's, not the address's."""
    if not target.is_tls:
        return plain
    plain.settimeout(deadline.remaining())
    return _tls().wrap_socket(plain, server_hostname=target.host)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Wire:
    """What http.client takes for a socket: keeps to the deadline and to READ_BYTES, closes nothing."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self.deadline = deadline
        self._left = READ_BYTES

    def sendall(self, data: bytes) -> None:
        unsent = memoryview(data)
        while unsent:
            self._connection.settimeout(self.deadline.remaining())
            unsent = unsent[self._connection.send(unsent) :]

    def receive_into(self, buffer: memoryview) -> int:
        if self._left <= 0:
            raise AnswerTooLongError(f"the answer is longer than {READ_BYTES} bytes")
        self._connection.settimeout(self.deadline.remaining())
        count = self._connection.recv_into(buffer[: self._left])
        self._left -= count
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Leave the connection to its owner: http.client closes it before the body is read."""


class _Incoming(io.RawIOBase):
    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # called with a memoryview only
        return self._wire.receive_into(buffer)


def _ask(
    wire: _Wire, target: Target, method: str, body: bytes | None, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    client = http.client.HTTPConnection(target.host)
    client.sock = wire
    client.request(
        method, target.path, body=body, headers={**headers, "Host": target.authority, "Connection": "close"}
    )
    return client.getresponse()


def _beginning(response: http.client.HTTPResponse, wire: _Wire) -> str:
    """Return what comes of the body soon, as text: no more than KEPT_BYTES of it are read."""
    wire.deadline.at = min(wire.deadline.at, time.monotonic() + BODY_SECONDS)
    kept = b""
    try:
        while len(kept) < KEPT_BYTES and (part := response.read1(KEPT_BYTES - len(kept))):
            kept += part
    except (OSError, http.client.HTTPException):
        pass
    return kept.decode(errors="replace").replace("\x00", "\ufffd")


def _shown_headers(response: http.client.HTTPResponse) -> dict[str, str]:
    """Return the answer's first headers without what may let somebody in."""
    shown = [(name, value) for name, value in response.getheaders() if name.lower() not in _PRIVATE_HEADERS]
    return {name[:100]: value[:200].replace("\x00", "\ufffd") for name, value in shown[:30]}


_PRIVATE_HEADERS = frozenset({"set-cookie", "set-cookie2", "authorization", "authentication-info"})
