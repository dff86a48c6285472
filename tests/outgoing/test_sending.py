"""One request: to the address that was checked, as the name it was meant for, and over in time."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from commerce.outgoing import addresses, sending
from commerce.outgoing.sending import Answer, post, send
from tests.outgoing.lines import OK, certificate, listening
from tests.waiting import HANG_GUARD


@pytest.fixture(autouse=True)
def _trusted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1", "agent.example"]
    sending._tls.cache_clear()
    yield
    sending._tls.cache_clear()


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n{}" not in request:
        if not (part := connection.recv(65536)):
            raise ConnectionResetError("closed ahead of the whole request")
        request += part
    return request


def is_late(answer: Answer) -> bool:
    return "imed out" in answer.error or "in time" in answer.error


def posted(port: int) -> Answer:
    return post(f"http://127.0.0.1:{port}/hook", body=b"{}", headers={})


def answered(*parts: bytes) -> Answer:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        for part in parts:
            connection.sendall(part)

    with listening(script) as port:
        return posted(port)


def taking(connection: socket.socket) -> None:
    """Answer once the request is there: a line that is closed before it was read loses the answer, too."""
    read_request(connection)
    connection.sendall(OK)


class Dripping:
    """A receiver that says something at once, and then a byte after the other for as long as anybody listens."""

    def __init__(self, ahead: bytes) -> None:
        self.ahead = ahead
        self.was_heard_out = False

    def __call__(self, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(self.ahead)
        pause = threading.Event()
        until = time.monotonic() + HANG_GUARD
        while time.monotonic() < until:
            connection.sendall(b"a")
            pause.wait(0.05)
        self.was_heard_out = True


def test_the_answer_is_told() -> None:
    answer = answered(
        b"HTTP/1.1 202 Accepted\r\nX-Trace: 7\r\nSet-Cookie: session=1\r\nContent-Length: 7\r\n\r\n<b>\xff\x00</"
    )

    assert (answer.status, answer.error, answer.address) == (202, "", "127.0.0.1")
    assert answer.headers == {"X-Trace": "7", "Content-Length": "7"}
    assert answer.text == "<b>\ufffd\ufffd</"


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", b"{}"), ("POST", b"{}")])
def test_the_method_is_the_one_asked_for(method: str, body: bytes | None) -> None:
    asked = []

    def script(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))
        connection.sendall(OK)

    with listening(script) as port:
        answer = send(method, f"http://127.0.0.1:{port}/feeds/1", body=body, headers={"API-Version": "1"})

    assert (answer.status, answer.text) == (200, "{}")
    assert asked[0].startswith(f"{method} /feeds/1 HTTP/1.1\r\n".encode())
    assert b"API-Version: 1\r\n" in asked[0]


def test_a_redirect_is_not_followed() -> None:
    answer = answered(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n\r\n")

    assert (answer.status, answer.is_success) == (307, False)


@pytest.mark.parametrize("ahead", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_an_answer_that_drips_ends_with_the_deadline(ahead: bytes) -> None:
    receiver = Dripping(ahead)
    started = time.monotonic()

    with listening(receiver) as port:
        answer = post(f"http://127.0.0.1:{port}/hook", body=b"{}", headers={}, seconds=0.5)

    assert answer.status is None
    assert is_late(answer)
    assert time.monotonic() - started >= 0.5
    assert not receiver.was_heard_out


def test_a_receiver_that_never_reads_ends_with_the_deadline() -> None:
    is_over = threading.Event()

    with listening(lambda connection: is_over.wait(HANG_GUARD)) as port:
        answer = post(f"http://127.0.0.1:{port}/", body=b"x" * 20_000_000, headers={}, seconds=0.5)
        is_over.set()

    assert answer.status is None
    assert is_late(answer)  # and not closed by the receiver, after the time in which it hung


def test_a_status_counts_though_the_body_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BODY_SECONDS", 0.3)
    receiver = Dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nbbb")

    with listening(receiver) as port:
        answer = posted(port)

    assert answer.is_success
    assert re.fullmatch("bbba*", answer.text)
    assert not receiver.was_heard_out


def test_no_more_than_a_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = answered(b"HTTP/1.1 200 OK\r\n\r\n", b"a" * 3_000_000)
    long_headers = answered(b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"a" * 9000 + b"\r\n"] * 9)

    assert (endless.status, len(endless.text)) == (200, 4096)
    assert (long_headers.status, long_headers.error) == (
        None,
        "AnswerTooLongError: the answer is longer than 65536 bytes",
    )


@pytest.mark.parametrize("noise", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 banana\r\n\r\n"])
def test_what_is_no_answer_is_a_failure(noise: bytes) -> None:
    answer = answered(noise)

    assert answer.status is None
    assert answer.error


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert answered(OK).status == 200


class Secure:
    """A TLS receiver that remembers the names it was asked for."""

    def __init__(self, name: str, directory: Path) -> None:
        self.file = certificate(name, directory)
        self.names: list[str | None] = []
        self.requests: list[bytes] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file)
        self.context.sni_callback = lambda _socket, name, _context: self.names.append(name)

    def script(self, connection: socket.socket) -> None:
        self.requests.append(read_request(connection))
        connection.sendall(OK)


@pytest.mark.real_time
def test_the_name_is_shown_and_checked_and_the_address_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = Secure("agent.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.file))
    found = [["127.0.0.1"], ["127.0.0.2"]]
    monkeypatch.setattr(addresses, "look_up", lambda host, seconds: found.pop(0))

    with listening(secure.script, tls=secure.context) as port:
        answer = post(f"https://Agent.Example:{port}/hook", body=b"{}", headers={})

    assert (answer.status, answer.address, secure.names) == (200, "127.0.0.1", ["agent.example"])
    assert f"Host: agent.example:{port}\r\n".encode() in secure.requests[0]
    assert found == [["127.0.0.2"]]


@pytest.mark.real_time
@pytest.mark.parametrize(("name", "is_known"), [("other.example", True), ("agent.example", False)])
def test_another_certificate_is_refused(
    name: str, is_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = Secure(name, tmp_path)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(secure.file))
    monkeypatch.setattr(addresses, "look_up", lambda host, seconds: ["127.0.0.1"])

    with listening(secure.script, tls=secure.context) as port:
        answer = post(f"https://agent.example:{port}/hook", body=b"{}", headers={})

    assert answer.status is None
    assert answer.error.startswith("SSLCertVerificationError")
    assert secure.requests == []


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "look_up", lambda host, seconds: ["127.0.0.3", "127.0.0.1"])

    with listening(taking) as port:
        answer = post(f"http://agent.example:{port}/", body=b"{}", headers={})

    assert (answer.status, answer.address) == (200, "127.0.0.1")
