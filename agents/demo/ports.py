"""Ports of the loopback interface that stay ours until somebody listens on them."""

from __future__ import annotations

import socket
import sys

TRIES = 100


class NoFreePortError(RuntimeError):
    """None of the ports that were tried is free."""


class Reservation:
    """A port nobody else can take meanwhile; whoever listens with SO_REUSEPORT, as our servers do, can.

    Two demos that start at the same moment would else both find the same port free.
    """

    def __init__(self, port: int) -> None:
        """Raises OSError where the port is taken."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.port = int(self._socket.getsockname()[1])
        if sys.platform == "linux":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        else:
            self._socket.close()

    def __enter__(self) -> Reservation:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def reserve(first: int) -> Reservation:
    """Reserve the first free port from `first` on. Raises NoFreePortError."""
    for port in range(first, min(first + TRIES, 65536)):
        try:
            return Reservation(port)
        except OSError:
            continue
    raise NoFreePortError(f"no port from {first} on is free")
