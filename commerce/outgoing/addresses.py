"""Which hosts may be reached: those of the public internet, by addresses looked up once a try.

The URL comes from outside, so it could point into our own network. What is checked here is what is connected
to: `Target` is the only reading of the URL, and nobody looks the name up a second time.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6890. `ipaddress.is_global` is not enough:
it holds for multicast, NAT64, 6to4 and 192.88.99.0/24.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna
from django.conf import settings

from commerce.errors import CommerceError


class ForbiddenUrlError(CommerceError):
    """The address is none that anything may be sent to."""

    code = "forbidden_url"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads, spelt one way only.

    `host` is lower-case ASCII, an IPv6 address without brackets; `path` includes the query; `is_trusted` hosts
    are those of WEBHOOK_ALLOWED_PRIVATE_HOSTS.
    """

    is_tls: bool
    host: str
    port: int
    path: str
    is_trusted: bool

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.is_tls) else f"{host}:{self.port}"


def parse_target(url: str) -> Target:
    """Read a URL. Raises ForbiddenUrlError for what is not https, names a user, or has no proper host."""
    try:
        parts = urlsplit(url)
        host, port = _normal_host(parts.hostname or ""), parts.port
    except ValueError as problem:
        raise ForbiddenUrlError("The address cannot be read.", target=("url",)) from problem
    is_trusted = host in settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS
    is_allowed = parts.scheme == "https" or (is_trusted and parts.scheme == "http")
    if not is_allowed or "@" in parts.netloc or _UNSAFE.search(url) or port == 0:
        raise ForbiddenUrlError("Only https addresses without a user name are sent to.", target=("url",))
    is_tls = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    path = quote(f"{parts.path or '/'}{query}", safe="/?%:@!$&'()*+,;=~-._")
    return Target(is_tls, host, port or _default_port(is_tls), path, is_trusted)


_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
"""Characters that other readers of URLs drop or take for a slash."""


def require_allowed(url: str) -> None:
    """Raise ForbiddenUrlError for what `parse_target` refuses and for addresses that are not public.

    Names are not looked up: what they mean may change until something is sent.
    """
    target = parse_target(url)
    if _is_literal(target.host):
        _require_public(target, [target.host])


def permitted_addresses(target: Target, *, seconds: float) -> list[str]:
    """Return the addresses to try, in the resolver's order, each of them public unless the host is trusted.

    Looks the name up once. Raises ForbiddenUrlError where any single address is not public, TimeoutError
    after `seconds`, another OSError where the name is unknown.
    """
    addresses = [target.host] if _is_literal(target.host) else look_up(target.host, seconds=seconds)
    _require_public(target, addresses)
    return addresses


def look_up(host: str, *, seconds: float) -> list[str]:
    """Ask the system's resolver, which knows no time limit of its own, for at most so many seconds."""
    found: Future[list[str]] = Future()
    threading.Thread(target=_resolve, args=(host, found), daemon=True, name="look up").start()
    return found.result(timeout=seconds)


def _resolve(host: str, found: Future[list[str]]) -> None:
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        found.set_exception(problem)
    else:
        found.set_result(list(dict.fromkeys(str(answer[4][0]) for answer in answers)))


def is_public(address: str) -> bool:
    """Whether an address belongs to somebody on the public internet, and leads there directly."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return parsed in _GLOBAL_UNICAST and not any(parsed in network for network in _SPECIAL_6)
    return not any(parsed in network for network in _SPECIAL_4)


_SPECIAL_4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; some clouds' metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host, seen from its guests
        "169.254.0.0/16",  # link-local, metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""Outside it are loopback, ULA, link-local, multicast, IPv4-mapped addresses and NAT64 (64:ff9b::)."""

_SPECIAL_6 = [
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]


def _require_public(target: Target, addresses: list[str]) -> None:
    if not target.is_trusted and not all(is_public(address) for address in addresses):
        raise ForbiddenUrlError("The host has an address that is not public.", target=("url",))


def _normal_host(host: str) -> str:
    """Spell a host as it is looked up (IDNA 2008, UTS 46). Raises ValueError.

    Numbers that C libraries take for an address, such as 0x7f.1, are refused.
    """
    host = host.removesuffix(".")
    if ":" in host:
        return ipaddress.IPv6Address(host.replace("%", "zone")).compressed
    name = idna.encode(host, uts46=True).decode()
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return str(ipaddress.IPv4Address(name))
    return name


_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def _is_literal(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


def _default_port(is_tls: bool) -> int:
    return 443 if is_tls else 80
