"""A guest buys in the chat of a running shop: the rules answer, the chat's own worker runs the turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Window, window_on
from tests.journeys.running import SHOP_GUARD, RunningDemo, wait_until
from tests.journeys.shopper import Shopper
from tests.journeys.witnesses import ask

pytestmark = pytest.mark.processes

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"/>'  # of a product, somewhere in the world


@dataclass
class Guest:
    """Somebody new at the chat's page, who reads what is said and shown there."""

    window: Window
    shop: str

    def begin(self, words: str) -> None:
        """Open the chat and say the first words; the page of the conversation comes by itself."""
        self.window.open(f"/chat/{self.shop}")
        self._send(words, answers=1)

    def say(self, words: str) -> None:
        self._send(words, answers=self.window.page.locator(".assistant").count() + 1)

    def _send(self, words: str, *, answers: int) -> None:
        page = self.window.page
        page.get_by_label("Your message").fill(words)
        page.keyboard.press("Enter")
        page.locator(".assistant").nth(answers - 1).wait_for(timeout=SHOP_GUARD * 1000)
        expect(page.locator("#doing")).to_be_empty(timeout=SHOP_GUARD * 1000)

    def pay(self) -> int:
        """Press the button. Returns what it says will be charged, in cents."""
        button = self.window.page.get_by_role("button", name=re.compile(r"^Pay \$"))
        total = button.inner_text(timeout=SHOP_GUARD * 1000)
        button.click()
        self.window.page.locator(".order").wait_for(timeout=SHOP_GUARD * 1000)
        return int(re.sub(r"\D", "", total))

    def sees(self, words: str) -> None:
        """Wait until the order says something. The page is not loaded anew for it."""
        self.window.page.locator(".order").get_by_text(words).wait_for(timeout=SHOP_GUARD * 1000)

    def number(self) -> str:
        """Return the number of the order."""
        return self.window.page.locator(".order h2").inner_text().removeprefix("Order ")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A shop whose provider lives today: other journeys move its clock, and then no token of the chat's wallet lasts."""
    running = RunningDemo.serving(tmp_path_factory.mktemp("chat"), "--port", "8700")
    yield running
    assert running.stop() == 0


@pytest.fixture
def guest(demo: RunningDemo, chromium: Browser) -> Iterator[Guest]:
    ready = demo.ready()
    with window_on(chromium, ready["base_url"]) as window:
        window.page.route(
            re.compile("^https:"), lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml")
        )
        yield Guest(window, ready["merchant"])


def test_from_the_first_words_to_the_door(guest: Guest, shopper: Shopper) -> None:
    guest.begin("Do you have trail socks?")
    guest.say("I would like the socks in M, Clay")
    guest.say("They go to Ann Lee, 12 Quayside Walk, San Francisco, CA 94111")
    guest.say("ann@example.com")
    guest.say("The cheapest shipping, please")
    sheet = guest.window.page.locator(".sheet").last.inner_text()
    assert all(one in sheet for one in ("Size: M, Color: Clay", "12 Quayside Walk", "San Francisco, CA 94111"))
    assert "Please check" not in sheet
    total = guest.pay()
    number, session = guest.number(), session_of(shopper, guest)
    bought = (total, "ann@example.com", "94111", "Cushioned Trail Socks — M / Clay", 1)
    assert ask(shopper, _ORDERED, number) == [bought]

    guest.window.page.evaluate("window.isTheSamePage = true")
    for step, shown in _PARCEL.items():
        shopper.carrier.tell(f"shipment.{step}", {"order": number, "shipment": "parcel-1", "carrier": "UPS"})
        guest.sees(shown)

    assert guest.window.page.evaluate("window.isTheSamePage")
    wait_until(lambda: shopper.charged(session) == (total, total), "it was not captured")
    assert guest.window.complaints == []


def test_canceled_by_words_and_the_money_is_back(guest: Guest, shopper: Shopper) -> None:
    guest.begin("Two Cushioned Trail Socks, L, Gray, to Ann Lee, 12 Quayside Walk, San Francisco, CA 94111")
    guest.say("ann@example.com, and standard shipping")
    total = guest.pay()
    session = session_of(shopper, guest)
    wait_until(lambda: shopper.charged(session) == (total, total), "it was not captured")

    guest.say("Please cancel this order")
    guest.say("Yes, please")

    guest.sees("Nothing of this order will be sent any more.")
    guest.sees(f"Refund of ${total / 100:.2f}: Canceled")
    (payment,) = shopper.stripe.payments_of(session["id"])
    told = shopper.stripe.ledger()[payment["id"]]
    assert (told["captured"], told["refunded"]) == (total, total)
    assert guest.window.complaints == []


def session_of(shopper: Shopper, guest: Guest) -> dict[str, str]:
    """Return the checkout session that an order came from."""
    found = ask(shopper, "SELECT checkout_session_id FROM orders_order WHERE number = %s", guest.number())
    return {"id": found[0][0]}


_PARCEL = {
    "shipped": "Parcel: Handed to the carrier",
    "out_for_delivery": "Parcel: Out for delivery",
    "delivered": "Parcel: Delivered",
}

_ORDERED = """
    SELECT o.total_minor, o.email, o.destination #>> '{address,postal_code}', l.title, l.ordered
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id WHERE o.number = %s
"""
