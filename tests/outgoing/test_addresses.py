"""Nothing is sent into our own network, however its address is written or hidden behind a name."""

from __future__ import annotations

import socket

import pytest
from pytest_django import Settings

from commerce.outgoing import addresses, sending
from commerce.outgoing.addresses import (
    ForbiddenUrlError,
    is_public,
    look_up,
    parse_target,
    permitted_addresses,
    require_allowed,
)

FORBIDDEN = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7
    203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1
    2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
    fe80::1%eth0 fec0::1 ff02::1
""".split()

PUBLIC = "1.1.1.1 8.8.8.8 93.184.215.14 100.63.255.255 100.128.0.1 172.32.0.1 198.20.0.1 2606:4700::1111 2a00::1".split()


@pytest.mark.parametrize("address", FORBIDDEN)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://agent.example/hook",
        "ftp://agent.example/hook",
        "file:///etc/passwd",
        "https:///hook",
        "https://",
        "agent.example/hook",
        "https://user@agent.example/hook",
        "https://user:secret@agent.example/hook",
        "https://@agent.example/hook",
        "https://agent.example\\@127.0.0.1/",
        "https://agent.example\t/hook",
        "https://agent.example:99999/hook",
        "https://agent.example:0/hook",
        "https://agent..example/hook",
        "https://-agent.example/hook",
        "https://agent.example%2f.evil.example/",
        "https://[fe80::1%25eth0]/hook",
        "https://[::1/hook",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.0x1/",
        "https://8.8.8.08/",
        "https://0/",
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenUrlError):
        parse_target(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://127\u30020\u30020\u30021/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[0:0:0:0:0:ffff:7f00:1]/",
        "https://[64:ff9b::127.0.0.1]/",
        "https://[fd00::1]:8443/",
    ],
)
def test_numbers_that_are_not_public_are_refused_at_once(url: str) -> None:
    with pytest.raises(ForbiddenUrlError, match="not public"):
        require_allowed(url)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://Agent.Example", "agent.example", 443, "/", "agent.example"),
        ("https://agent.example.:443/a?b=c#d", "agent.example", 443, "/a?b=c", "agent.example"),
        (
            "https://b\u00fccher.example:8443/\u00fc",
            "xn--bcher-kva.example",
            8443,
            "/%C3%BC",
            "xn--bcher-kva.example:8443",
        ),
        ("https://8.8.8.8/x", "8.8.8.8", 443, "/x", "8.8.8.8"),
        ("https://[2606:4700:0::1111]:8443/", "2606:4700::1111", 8443, "/", "[2606:4700::1111]:8443"),
    ],
)
def test_a_host_is_spelt_one_way(url: str, host: str, port: int, path: str, authority: str) -> None:
    target = parse_target(url)

    assert (target.host, target.port, target.path, target.authority) == (host, port, path, authority)


class Resolver:
    """Answers with one list of addresses after the other, and then with the last again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: object, **_: object) -> list[tuple[object, ...]]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(None, None, None, "", (address, 0)) for address in answer]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Resolver:
    resolver = Resolver(*answers)
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


@pytest.mark.parametrize("hidden", FORBIDDEN)
def test_one_address_that_is_not_public_forbids_the_name(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.215.14", hidden])

    with pytest.raises(ForbiddenUrlError, match="not public"):
        permitted_addresses(parse_target("https://agent.example/"), seconds=3)


def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = resolving(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    dialed = []

    def dial(address: str, port: int, *, seconds: float) -> socket.socket:
        dialed.append((address, port))
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(sending, "dial", dial)

    first = sending.post("https://agent.example/", body=b"{}", headers={})
    second = sending.post("https://agent.example/", body=b"{}", headers={})

    assert dialed == [("93.184.215.14", 443)]
    assert resolver.asked == ["agent.example", "agent.example"]
    assert (first.error, second.error) == (
        "ConnectionRefusedError: nobody there",
        "ForbiddenUrlError: The host has an address that is not public.",
    )


def test_a_resolver_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_resolve", lambda host, found: None)

    with pytest.raises(TimeoutError):
        look_up("agent.example", seconds=0.05)


def test_a_trusted_host_may_be_private(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["receiver.test"]
    resolving(monkeypatch, ["10.0.0.7"])

    assert permitted_addresses(parse_target("http://receiver.test/"), seconds=3) == ["10.0.0.7"]
    with pytest.raises(ForbiddenUrlError):
        parse_target("http://other.test/")
