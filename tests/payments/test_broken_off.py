"""A request whose sender died after its headers does nothing at the provider."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from tests.purchase import Purchase
from tests.waiting import HANG_GUARD

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_capture_without_its_body_takes_nothing(bought: Purchase) -> None:
    provider = urlsplit(bought.stripe.base)
    lines = [
        f"POST /v1/payment_intents/{bought.attempt().provider_reference}/capture HTTP/1.1",
        f"Host: {provider.netloc}",
        f"Authorization: Bearer {bought.stripe.key}",
        "Content-Type: application/x-www-form-urlencoded",
        "Idempotency-Key: one",
        "Content-Length: 22",
    ]
    with socket.create_connection((str(provider.hostname), provider.port or 80), timeout=HANG_GUARD) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    assert [entry for entry, _ in bought.stripe.ledger()] == ["authorization"]
