from __future__ import annotations

import socket
import sys

import pytest

from agents.demo.ports import reserve
from tests.waiting import HANG_GUARD


def test_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with reserve(port) as reservation:
            assert reservation.port > port


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is only looked at")
def test_reserved_port_is_kept_from_others_and_open_to_our_server() -> None:
    with reserve(0) as first, reserve(first.port) as second, socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", first.port))
        server.listen()

        assert second.port != first.port
        with socket.create_connection(("127.0.0.1", first.port), timeout=HANG_GUARD):
            pass
