"""Whom a request is counted by, behind as many proxies as there are."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.client_address import client_address

PROXY = "10.0.0.2"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, PROXY),
        (0, "198.51.100.7", PROXY),
        (1, None, PROXY),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7,10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7", PROXY),
        (1, "198.51.100.7:51234", "198.51.100.7"),
        (1, "2001:DB8:0::7", "2001:db8::7"),
        (1, "[2001:db8::7]:51234", "2001:db8::7"),
        (1, "unknown", PROXY),
        (1, "198.51.100.7,", PROXY),
    ],
)
def test_only_what_our_proxies_say_is_believed(
    settings: Settings, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert client_address(RequestFactory(headers=headers).get("/", REMOTE_ADDR=PROXY)) == expected


def test_nothing_is_made_up_where_the_server_says_nothing() -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == ""


def test_those_behind_one_proxy_are_counted_apart(merchant: Merchant, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT, settings.DISCOVERY_REQUESTS_PER_MINUTE = 1, 1
    addresses = ["192.0.2.70", "192.0.2.70", "192.0.2.71"]

    answers = [
        Client(headers={"X-Forwarded-For": f"{number}.0.0.1, {address}"}).get("/.well-known/acp.json")
        for number, address in enumerate(addresses)
    ]

    assert [one.status_code for one in answers] == [200, 429, 200]
