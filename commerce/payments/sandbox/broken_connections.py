"""Answers that break off in the middle, on the wire.

The server ends a connection when a body is shorter than was promised, and forgets what it has not sent by then.
To reset it instead, its socket must be told so. The server does not say which of its sockets carries a request;
it is found by what was sent: the body leaves in small parts of random sizes, and the socket is the one that has
sent exactly those. Where a system does not count what a socket has sent (all but Linux), the connection is closed
in either case, after whatever of the answer has left.
"""

import os
import secrets
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager

LINGER_NOT = struct.pack("ii", 1, 0)
BYTES_SENT = 200
INFO_SIZE = 256
DESCRIPTORS = "/proc/self/fd"
PARTS = 8
PARTS_TO_BE_SURE = 2
PATIENCE = 2.5

Sockets = dict[int, socket.socket]


def truncated(body: bytes, port: int) -> Iterator[bytes]:
    """Give the beginning of a body, and let the server close the connection of its port that carries it."""
    with _connections(port) as carriers:
        yield from _find_by_sending(body[: len(body) // 2], carriers)


def reset(body: bytes, port: int) -> Iterator[bytes]:
    """Give the beginning of a body, and reset the connection of the server's port that carries it."""
    with _connections(port) as carriers:
        carrier = yield from _find_by_sending(body[: len(body) // 2], carriers)
        if carrier is not None:
            carrier.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)


def _find_by_sending(body: bytes, carriers: Sockets) -> Generator[bytes, None, socket.socket | None]:
    """Send parts of a body until only one socket has sent exactly those.

    A part that leaves late fits none: then the search begins anew. So does the first part where it leaves together
    with the headers, which is seen as soon as anything has left.
    """
    candidates, matches = carriers, 0
    for number, part in enumerate(_parts(body)):
        before = {inode: _sent(carrier) for inode, carrier in candidates.items()}
        yield part
        candidates = _those_that_sent(len(part), candidates, before, or_more=not number)
        matches = matches + 1 if candidates else 0
        if matches >= PARTS_TO_BE_SURE and len(candidates) == 1:
            return next(iter(candidates.values()))
        candidates = candidates or carriers
    return None


def _parts(body: bytes) -> Iterator[bytes]:
    longest = max(1, len(body) // PARTS)
    for _ in range(PARTS):
        size = 1 + secrets.randbelow(longest)
        yield body[:size]
        body = body[size:]


@contextmanager
def _connections(port: int) -> Iterator[Sockets]:
    """Lend copies of this process's sockets that are connected at a local port, by their inode."""
    found: Sockets = {}
    with ExitStack() as copies:
        for descriptor in os.listdir(DESCRIPTORS) if sys.platform == "linux" else []:
            copy = _copy(int(descriptor))
            if copy is not None:
                copies.enter_context(copy)
                found[os.fstat(copy.fileno()).st_ino] = copy
        yield {inode: copy for inode, copy in found.items() if _is_connected_at(copy, port)}


def _copy(descriptor: int) -> socket.socket | None:
    """Return a socket of its own for a descriptor, or None if that is none, or no longer."""
    try:
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return socket.socket(fileno=os.dup(descriptor))
    except OSError:
        pass
    return None


def _is_connected_at(candidate: socket.socket, port: int) -> bool:
    is_tcp = candidate.type == socket.SOCK_STREAM and candidate.family in (socket.AF_INET, socket.AF_INET6)
    try:
        return is_tcp and candidate.getsockname()[1] == port and bool(candidate.getpeername())
    except OSError:
        return False


def _sent(carrier: socket.socket) -> int:
    """Return how many bytes a socket has sent: `tcpi_bytes_sent` of Linux's `struct tcp_info`."""
    information = carrier.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_SIZE)
    return int.from_bytes(information[BYTES_SENT : BYTES_SENT + 8], sys.byteorder)


def _those_that_sent(size: int, candidates: Sockets, before: dict[int, int], *, or_more: bool) -> Sockets:
    """Return the sockets that have sent exactly that many bytes more, as soon as there are any.

    Return none after a while, or with `or_more` as soon as one has sent more than that.
    """
    until = time.monotonic() + PATIENCE
    pause = threading.Event()
    while time.monotonic() < until:
        more = {inode: _sent(one) - before[inode] for inode, one in candidates.items()}
        found = {inode: candidates[inode] for inode, sent in more.items() if sent == size}
        if found or (or_more and max(more.values(), default=0) > size):
            return found
        pause.wait(0.001)
    return {}
