"""Somebody signs up and sells, in one sitting and by clicking alone; worker and clock do their part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import window_on
from tests.journeys.newcomer import Newcomer
from tests.journeys.running import RunningDemo
from tests.receiver import Receiver, receiver

pytestmark = pytest.mark.processes


@pytest.fixture
def outside() -> Iterator[Receiver]:
    """The world of the newcomer: the shop's website and its agent's endpoint."""
    with receiver() as kept:
        yield kept


@pytest.fixture
def newcomer(demo: RunningDemo, mails: Path, outside: Receiver, chromium: Browser) -> Iterator[Newcomer]:
    with window_on(chromium, demo.ready()["base_url"]) as window:
        yield Newcomer(window, mails, outside.url)


def test_from_the_first_name_to_live_in_one_sitting(newcomer: Newcomer, outside: Receiver) -> None:
    newcomer.sign_up()
    assert newcomer.says("Lighthouse Goods is not live yet")

    set_up_the_shop(newcomer)
    connect_an_agent(newcomer, outside)
    newcomer.set_up("Test purchase")
    assert newcomer.make_a_test_purchase() == "It works: an agent can buy in your shop"

    newcomer.window.page.get_by_role("link", name="Back to the list").click()
    newcomer.press("Go live")
    assert newcomer.says("Lighthouse Goods is live")
    told = [json.loads(body) for _, body in outside.received if body]
    assert [one["type"] for one in told[:3]] == ["order_update", "order_create", "order_update"]
    assert [one["data"]["status"] for one in told[:3]] == ["canceled", "confirmed", "canceled"]
    assert told[0]["data"]["id"] != told[1]["data"]["id"] == told[2]["data"]["id"]  # the first is the test event
    assert newcomer.window.complaints == []


def set_up_the_shop(newcomer: Newcomer) -> None:
    newcomer.set_up("Shop profile")
    newcomer.fill({"State or province": "California", "Postal code": "94111"})
    newcomer.press("Save")
    newcomer.set_up("Policy pages")
    newcomer.fill({"Terms of use": newcomer.website, "Privacy policy": newcomer.website})
    newcomer.press("Save")
    newcomer.set_up("Products")
    newcomer.press("Add the sample products")
    newcomer.set_up("Delivery")
    newcomer.fill({"Price of delivery": "5.00"})
    newcomer.press("Save")
    newcomer.set_up("Tax")
    newcomer.window.page.get_by_label("I charge no tax").check()
    newcomer.press("Save")
    newcomer.set_up("Payments")
    newcomer.press("Use the test account")


def connect_an_agent(newcomer: Newcomer, outside: Receiver) -> None:
    newcomer.set_up("Agent and key")
    newcomer.fill({"Name of the agent": "Shopping assistant"})
    newcomer.press("Make a key")
    newcomer.window.page.get_by_role("link", name="Add a webhook endpoint").click()
    newcomer.fill({"Url": outside.url})
    newcomer.press("Save")
    newcomer.window.page.get_by_role("link", name="Send a test event").click()
    newcomer.press("Send it")
    assert newcomer.says("It hears: answered 200")
    newcomer.window.page.get_by_role("link", name="Setup", exact=True).last.click()
