from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from agents.demo.receiver import Events, Receiver
from commerce.signatures import sign

SECRET = "whsec_test"
BODY = json.dumps({"type": "order_create", "data": {"id": "ord_1", "status": "confirmed"}}).encode()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    server = Receiver(0, events=Events(tmp_path / "events.jsonl"), secret=SECRET)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def post(receiver: Receiver, body: bytes, *, secret: str = SECRET, age: int = 0) -> urllib3.BaseHTTPResponse:
    signature = sign(body, secret=secret, timestamp=int(time.time()) - age)
    headers = {"Merchant-Signature": signature, "Request-Id": "evt_1"}
    return urllib3.request("POST", address(receiver, "/webhooks"), body=body, headers=headers)


def address(receiver: Receiver, path: str) -> str:
    return f"http://127.0.0.1:{receiver.server_address[1]}{path}"


def test_signed_event_is_kept_and_listed(receiver: Receiver) -> None:
    answer = post(receiver, BODY)

    assert answer.status == 200
    assert answer.json() == {"received": True, "request_id": "evt_1"}
    listed = urllib3.request("GET", address(receiver, "/events?order=ord_1")).json()["events"]
    assert [(event["type"], event["order"]["status"]) for event in listed] == [("order_create", "confirmed")]
    assert urllib3.request("GET", address(receiver, "/events?order=ord_2")).json()["events"] == []


@pytest.mark.parametrize(("secret", "age"), [("whsec_other", 0), (SECRET, 400)])
def test_forged_or_old_event_is_refused(receiver: Receiver, secret: str, age: int) -> None:
    answer = post(receiver, BODY, secret=secret, age=age)

    assert answer.status == 401
    assert answer.json()["code"] == "invalid_signature"
    assert urllib3.request("GET", address(receiver, "/events")).json() == {"events": [], "refused": 1}


def test_repeated_event_is_kept_once(receiver: Receiver) -> None:
    statuses = [post(receiver, BODY).status for _ in range(2)]

    assert statuses == [200, 200]
    assert len(receiver.events.of_order("")) == 1


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"type": "order_create"}'])
def test_what_is_no_order_event_is_refused(receiver: Receiver, body: bytes) -> None:
    assert post(receiver, body).status == 400
    assert receiver.events.of_order("") == []


def test_events_survive_a_restart(receiver: Receiver, tmp_path: Path) -> None:
    post(receiver, BODY)

    again = Events(tmp_path / "events.jsonl")

    assert again.of_order("ord_1") == receiver.events.of_order("ord_1")
