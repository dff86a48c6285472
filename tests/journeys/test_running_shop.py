"""Purchases in a running shop, also while parts of it are gone. All share one set of processes."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
from typing import Any

import pytest
import urllib3

from agents.client import Agent, RefusedError
from tests.journeys.running import RunningDemo, wait_until
from tests.journeys.shopper import Shopper, total_of
from tests.journeys.staff import Staff
from tests.waiting import HANG_GUARD

pytestmark = pytest.mark.processes


def test_purchase_is_announced_delivered_and_paid_once(shopper: Shopper) -> None:
    session = shopper.buy()
    order = session["order"]
    shopper.hear(order, 1)
    shopper.ship(order, "shipment.shipped", carrier="UPS", tracking_number="1Z1")
    shopper.hear(order, 2)
    shopper.ship(order, "shipment.delivered")

    events = shopper.hear(order, 3)

    assert [event["type"] for event in events] == ["order_create", "order_update", "order_update"]
    assert [event["order"]["status"] for event in events] == ["confirmed", "shipped", "completed"]
    assert events[1]["order"]["fulfillments"][0]["tracking_number"] == "1Z1"
    assert len({event["request_id"] for event in events}) == 3
    assert shopper.charged(session) == (total_of(session), total_of(session))


def test_refund_made_at_the_provider_is_told_to_the_agent(shopper: Shopper) -> None:
    session = shopper.buy()
    shopper.hear(session["order"], 1)
    wait_until(lambda: shopper.charged(session)[1] == total_of(session), "it was not captured")

    shopper.refund(session, 500)

    (refund,) = shopper.hear(session["order"], 2)[-1]["order"]["adjustments"]
    assert (refund["type"], refund["status"], refund["amount"]) == ("refund", "completed", 500)


def test_several_items_and_a_download_make_one_order(shopper: Shopper) -> None:
    items = shopper.ready["items"]

    session = shopper.buy(*items["in_stock"][:2], items["digital"])

    ways = shopper.hear(session["order"], 2)[-1]["order"]["fulfillments"]
    download = next(way for way in ways if way["type"] == "digital")
    assert len(session["order"]["line_items"]) == 3
    assert download["status"] == "delivered"
    assert download["digital_delivery"]["access_url"].startswith("http")
    assert len([way for way in ways if way["type"] == "shipping"]) == 1


def test_canceled_session_cannot_be_paid(shopper: Shopper) -> None:
    session = shopper.create()
    path = f"/checkout_sessions/{session['id']}"

    canceled = shopper.agent.send(f"{path}/cancel", {})

    assert canceled["status"] == "canceled"
    with pytest.raises(RefusedError, match=r"answered 405.*invalid_session_state"):
        shopper.agent.send(f"{path}/complete", shopper.payment(session))
    assert shopper.charged(session) == (0, 0)


def test_sold_out_item_cannot_be_bought(shopper: Shopper) -> None:
    session = shopper.create(shopper.ready["items"]["out_of_stock"])

    done = shopper.agent.send(f"/checkout_sessions/{session['id']}/complete", shopper.payment(session))

    assert done["status"] == "not_ready_for_payment"
    assert "order" not in done
    assert shopper.charged(session) == (0, 0)


def test_feed_made_in_the_back_office_is_built_and_fetched(demo: RunningDemo) -> None:
    address = Staff(demo.ready()).make_feed("For a platform")
    answers: list[urllib3.BaseHTTPResponse] = []

    def is_fetched() -> bool:
        answers.append(urllib3.request("GET", address, decode_content=False))
        return answers[-1].status == 200

    wait_until(is_fetched, "the feed was not built")
    again = urllib3.request("GET", address, headers={"If-None-Match": answers[-1].headers["ETag"]})
    lines = gzip.decompress(answers[-1].data).decode().splitlines()

    assert again.status == 304
    assert lines[0].startswith("item_id,title,description,url")
    assert len(lines) > 20


def test_other_merchants_agent_sees_nothing(shopper: Shopper) -> None:
    session = shopper.create()
    stranger = Agent(shopper.ready["base_url"], shopper.ready["agent_key_2"])

    with pytest.raises(RefusedError, match="answered 404"):
        stranger.read(f"/checkout_sessions/{session['id']}")


def test_printed_curl_journey_buys(demo: RunningDemo, shopper: Shopper) -> None:
    script = demo.output.read_text().split("A purchase with curl, to copy\n")[1]

    ran = subprocess.run(
        ["bash", "-eu", "-c", script], capture_output=True, text=True, timeout=HANG_GUARD, check=True
    )

    assert '"permalink_url":"' + shopper.ready["base_url"] in ran.stdout
    assert ran.stderr == ""


def test_workers_give_way_to_whoever_waits(demo: RunningDemo) -> None:
    nice = {name: {os.getpriority(os.PRIO_PROCESS, pid) for pid in demo.pids(name)} for name in ("web", "worker")}

    assert nice == {"web": {0}, "worker": {5}}


def test_paused_broker_delays_news_and_nothing_else(demo: RunningDemo, shopper: Shopper) -> None:
    broker = demo.pids("valkey")[0]
    os.kill(broker, signal.SIGSTOP)
    session = shopper.buy()  # create, update, token and completion, while the broker answers nothing
    os.kill(broker, signal.SIGCONT)

    events = settled(shopper, session)

    assert [event["type"] for event in events] == ["order_create"]


@pytest.mark.parametrize("name", ["valkey", "worker"])
def test_what_is_bought_while_a_process_is_dead_is_delivered(
    demo: RunningDemo, shopper: Shopper, name: str
) -> None:
    settled(shopper, shopper.buy())  # what a killed worker holds comes back when its lease ends, a minute later
    old = demo.pids(name)[0]
    os.kill(old, signal.SIGKILL)
    meanwhile = shopper.buy()
    wait_until(lambda: demo.pids(name)[0] != old, f"{name} was not started again")
    after = shopper.buy()

    events = [settled(shopper, session) for session in (meanwhile, after)]

    assert [[event["type"] for event in heard] for heard in events] == [["order_create"]] * 2
    assert re.search(rf"{name} +was killed by SIGKILL; starting it again", demo.output.read_text())


@pytest.mark.parametrize("victim", [0, 1], ids=["root", "worker"])
def test_killed_web_process_comes_back(demo: RunningDemo, shopper: Shopper, victim: int) -> None:
    processes = demo.pids("web")
    os.kill(processes[victim], signal.SIGKILL)

    wait_until(lambda: processes[victim] not in demo.pids("web"), "it was not replaced")
    wait_until(lambda: len(demo.pids("web")) == len(processes), "one is missing")

    session = shopper.buy()
    assert session["status"] == "completed"
    assert shopper.charged(session)[0] == total_of(session)


def test_database_comes_back_with_what_was_bought(demo: RunningDemo, shopper: Shopper) -> None:
    session = shopper.buy()
    old = demo.pids("postgres")[0]
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: demo.pids("postgres")[0] != old, "it was not started again")
    wait_until(lambda: _answers(shopper), "the API did not come back")

    again = shopper.agent.read(f"/checkout_sessions/{session['id']}")

    assert again["status"] == "completed"
    assert again["order"]["id"] == session["order"]["id"]
    assert len(shopper.hear(shopper.buy()["order"], 1)) == 1  # the worker has found it again, too


def settled(shopper: Shopper, session: dict[str, Any]) -> list[dict[str, Any]]:
    """Wait until an order is announced and paid, and return what the agent has heard of it."""
    wait_until(lambda: shopper.charged(session)[1] == total_of(session), "no capture")
    return shopper.hear(session["order"], 1)


def _answers(shopper: Shopper) -> bool:
    try:
        shopper.agent.search("")
    except RefusedError:
        return False
    return True
