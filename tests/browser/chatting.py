"""A shopper at the page of a chat, in a real browser; a model that keeps to a script answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from pytest_django import Settings

from agents.chat import services, turns
from agents.chat.models import ShopChat
from commerce.catalog.models import Variant
from commerce.wallet.services import add_card, prefer_card
from tests.asgi_server import asgi_server
from tests.browser.conftest import Window
from tests.chat.browsing import KEY, known_browser, work_for
from tests.chat.conftest import Chat, ordered
from tests.waiting import HANG_GUARD

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Shopping:
    """A browser at the chat. What is said there is answered by the script, in a thread as a worker would."""

    window: Window
    chat: Chat
    key: str

    @property
    def page(self) -> Page:
        return self.window.page

    @property
    def path(self) -> str:
        return f"/chat/{self.chat.conversation.merchant.slug}/{self.chat.conversation.pk}"

    def open(self) -> None:
        """Open the conversation, and wait until it is told what happens."""
        self.window.open(self.path)

    def reopen(self) -> None:
        """Open the conversation in a tab of its own, after the one before was closed."""
        self.window = _window(self.page.context, self.window.address)
        self.open()

    def say(self, text: str, *script: Any) -> None:
        """Write something and send it."""
        self.chat.script.extend(script)
        self.page.get_by_label("Your message").fill(text)
        self.page.keyboard.press("Enter")

    def told(self, text: str) -> None:
        """Wait until the assistant has said something."""
        self.page.locator(".assistant").get_by_text(text).last.wait_for(timeout=HANG_GUARD * 1000)

    def sheet(self) -> Locator:
        return self.page.locator(".sheet").last

    def pay_button(self, total: str) -> Locator:
        return self.page.get_by_role("button", name=f"Pay {total}")

    def show_inspector(self) -> None:
        """Have the shopper be somebody who works in the shop and is logged in, and turn the inspector on."""
        shop = self.chat.conversation.merchant
        ShopChat.objects.filter(merchant=shop).update(has_inspector=True)
        client = Client()
        client.force_login(work_for(shop, "owner", self.chat))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.window.address}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]


@contextmanager
def shopping(chromium: Browser, chat: Chat, key: str, address: str, **options: Any) -> Iterator[Shopping]:
    """Open a browser that is known as the shopper of a conversation."""
    context = chromium.new_context(**{"viewport": DESK, **options})
    cookie = {"name": settings.SHOPPER_COOKIE_NAME, "value": key, "url": address}
    context.add_cookies([cookie])  # type: ignore[list-item]
    yield Shopping(_window(context, address), chat, key)
    context.close()


def _window(context: BrowserContext, address: str) -> Window:
    page = context.new_page()
    page.set_default_timeout(HANG_GUARD * 1000)
    window = Window(page, address)
    page.on("console", window._heard)
    page.on("response", window._answered)
    page.on("pageerror", lambda problem: window.complaints.append(str(problem)))
    return window


class Worker:
    """Runs turns as they come, in threads; while it is held, they wait."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._goes = threading.Event()
        self._goes.set()

    def start(self, conversation_id: str) -> None:
        thread = threading.Thread(target=self._run, args=(conversation_id,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def hold(self) -> None:
        self._goes.clear()

    def finish(self) -> None:
        """Run what waits to its end."""
        self._goes.set()
        for thread in self._threads:
            thread.join(HANG_GUARD)

    def _run(self, conversation_id: str) -> None:
        self._goes.wait(HANG_GUARD)
        try:
            turns.run_waiting(conversation_id)
        finally:
            connections.close_all()


@pytest.fixture
def worker(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()
    monkeypatch.setattr(services, "start", worker.start)
    return worker


@pytest.fixture
def address(chat: Chat, worker: Worker, settings: Settings) -> Iterator[str]:
    """The site behind an ASGI server, with a worker that runs turns as they come."""
    known_browser(chat)
    with asgi_server() as address:
        settings.PUBLIC_BASE_URL = address
        yield address
        worker.finish()


@pytest.fixture
def shopper(address: str, chat: Chat, chromium: Browser) -> Iterator[Shopping]:
    with shopping(chromium, chat, KEY, address) as shopper:
        yield shopper


def asked(shopper: Shopping, mug: Variant, quantity: int = 1, total: str = "$24.30") -> None:
    """Get to the question."""
    shopper.open()
    shopper.say("I would like the Canvas Tote", *ordered(mug, quantity))
    shopper.pay_button(total).wait_for()


def with_card(chat: Chat, method: str) -> None:
    """Have the wallet propose another card first."""
    card = add_card(chat.conversation.shopper, method, now=timezone.now())
    prefer_card(chat.conversation.shopper, card.pk)
